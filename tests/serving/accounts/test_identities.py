"""Who is behind a cookie or a token: lifetimes, the short memory, and stamps that are few."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from fenban.serving.accounts import sessions, tokens, users
from fenban.serving.accounts.actor import Actor, local_actor
from fenban.serving.accounts.identities import KEPT_S, Identities
from fenban.serving.accounts.sessions import Lifetime
from fenban.serving.store.base import now
from fenban.serving.store.errors import StoreBusyError
from fenban.serving.store.tables.accounts import SessionRow, TokenRow

if TYPE_CHECKING:
    from fenban.serving.store.database import Database

HOUR = dt.timedelta(hours=1)
LIFETIME = Lifetime(idle=12 * HOUR, whole=24 * HOUR)


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def identities(database: Database, clock: Clock) -> Identities:
    return Identities(database, LIFETIME, clock)


@pytest.fixture
def secret(database: Database) -> str:
    """Of a session of a clerk."""
    with database.writing() as session:
        user = users.add(session, local_actor("cli:test"), "zhangsan", "张三", "clerk")
        return sessions.start(session, user, LIFETIME)[0]


def shift(database: Database, hours: float) -> None:
    """Let time pass: everything of the session lies further back."""
    with database.writing() as session:
        row = session.query(SessionRow).one()
        for name in ("created_at", "seen_at", "expires_at"):
            setattr(row, name, getattr(row, name) - hours * HOUR)


def test_a_session_names_its_person(identities: Identities, secret: str) -> None:
    found = identities.look_up("session", secret)
    assert found is not None
    assert (found.actor.name, found.actor.role, found.actor.scopes) == ("zhangsan", "clerk", None)
    assert found.csrf
    assert found.csrf not in (secret, found.digest)
    assert identities.look_up("token", secret) is None
    assert identities.look_up("session", secret + "x") is None


def test_use_lets_a_session_slide_but_not_beyond_a_day(
    database: Database, identities: Identities, secret: str
) -> None:
    for hours in (11, 11):
        shift(database, hours)
        assert identities.look_up("session", secret) is not None
    with database.reading() as session:
        row = session.query(SessionRow).one()
        assert row.expires_at == row.created_at + 24 * HOUR
    shift(database, 2.1)
    assert identities.look_up("session", secret) is None


def test_without_use_a_session_ends_after_half_a_day(
    database: Database, identities: Identities, secret: str
) -> None:
    shift(database, 12.1)
    assert identities.look_up("session", secret) is None


def test_answers_are_remembered_for_seconds(
    database: Database, identities: Identities, clock: Clock, secret: str
) -> None:
    assert identities.remembered("session", secret) == (False, None)
    found = identities.look_up("session", secret)
    with database.writing() as session:
        session.query(SessionRow).delete()
    assert identities.remembered("session", secret) == (True, found)
    clock.seconds += KEPT_S + 0.1
    assert identities.remembered("session", secret) == (False, None)
    assert identities.look_up("session", secret) is None
    assert identities.remembered("session", secret) == (True, None)
    identities.forget()
    assert identities.remembered("session", secret) == (False, None)


def test_memory_does_not_outlast_the_session(database: Database, identities: Identities, secret: str) -> None:
    with database.writing() as session:
        session.query(SessionRow).one().expires_at = now() + dt.timedelta(seconds=0.3)
    found = identities.look_up("session", secret)
    assert found is not None
    while found.expires_at > now():
        pass
    assert identities.remembered("session", secret) == (True, None)


def test_secrets_made_up_do_not_fill_the_memory(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fenban.serving.accounts.identities._MOST_KEPT", 10)
    for i in range(25):
        identities.look_up("token", f"made-up-{i}")
    assert len(identities._kept) <= 10


def test_whoever_is_disabled_is_out(database: Database, identities: Identities, secret: str) -> None:
    with database.writing() as session:
        user = users.get_by_name(session, "zhangsan")
        token, _ = tokens.create(session, Actor("cli", "admin"), user, "one", ["suggest"], 1)
    assert identities.look_up("token", token) is not None
    with database.writing() as session:
        users.change(session, local_actor("boss"), user.id, disabled=True)
    assert identities.look_up("token", token) is None
    assert identities.look_up("session", secret) is None
    with database.writing() as session:
        users.change(session, local_actor("boss"), user.id, disabled=False)
    assert identities.look_up("token", token) is not None
    assert identities.look_up("session", secret) is None, "it has ended for good"


def test_tokens_end_when_revoked_or_expired_and_are_stamped_rarely(
    database: Database, identities: Identities, secret: str
) -> None:
    with database.writing() as session:
        user = users.get_by_name(session, "zhangsan")
        token, row = tokens.create(session, Actor("cli", "admin"), user, "one", ["suggest"], 1)
    found = identities.look_up("token", token)
    assert found is not None
    assert (found.actor.label, found.actor.scopes, found.csrf) == ("token:one", frozenset({"suggest"}), "")

    def kept() -> TokenRow:
        with database.reading() as session:
            return session.query(TokenRow).one()

    first = kept().used_at
    assert first is not None
    identities.look_up("token", token)
    assert kept().used_at == first
    with database.writing() as session:
        session.query(TokenRow).one().expires_at = now()
    assert identities.look_up("token", token) is None
    with database.writing() as session:
        session.query(TokenRow).one().expires_at = now() + HOUR
        tokens.revoke(session, local_actor("boss"), row.id)
    assert identities.look_up("token", token) is None


def test_a_stamp_that_cannot_be_written_keeps_nobody_out(
    database: Database, identities: Identities, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift(database, 1)

    def busy() -> None:
        raise StoreBusyError("busy")

    monkeypatch.setattr(database, "writing", busy)
    assert identities.look_up("session", secret) is not None


def test_a_login_replaces_the_session_that_the_browser_had(database: Database, secret: str) -> None:
    with database.writing() as session:
        user = users.get_by_name(session, "zhangsan")
        fresh, row = sessions.start(session, user, LIFETIME, replaced=secret)
        assert fresh != secret
        assert [found.id for found in session.query(SessionRow)] == [row.id]


def test_rows_of_ended_sessions_go_at_the_next_login(database: Database, secret: str) -> None:
    shift(database, 13)
    with database.writing() as session:
        sessions.start(session, users.get_by_name(session, "zhangsan"), LIFETIME)
        assert session.query(SessionRow).count() == 1
