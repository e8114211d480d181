"""People: names, roles, invitations that work once, and always an administrator left."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from fenban.serving.accounts import users
from fenban.serving.accounts.actor import local_actor
from fenban.serving.accounts.errors import InvitationError
from fenban.serving.store import audit, verification
from fenban.serving.store.errors import ChangedMeanwhileError, NotFoundError, RefusedError
from fenban.serving.store.tables.accounts import InvitationRow, SessionRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fenban.serving.store.database import Database
    from fenban.serving.store.tables.accounts import UserRow


def added(session: Session, name: str = "zhangsan", role: str = "clerk", *, active: bool = False) -> UserRow:
    user = users.add(session, local_actor("cli:test"), name, name, role)
    if active:
        user.password_hash = "$argon2id$made-up"
        session.flush()
    return user


def test_names_are_kept_in_one_spelling(database: Database) -> None:
    spellings = {"ZhangSan": "zhangsan", " lisi ": "lisi", "ｗａｎｇ": "wang", "王小二": "王小二"}
    for typed, kept in spellings.items():
        with database.writing() as session:
            assert users.add(session, local_actor("cli:test"), typed, "某人", "clerk").name == kept
        with database.reading() as session:
            assert users.get_by_name(session, typed).name == kept


def test_other_names_are_refused(database: Database) -> None:
    for name in ("", "a", "-a", "a b", "a" * 41, "a/b", "<b>", "token:x", "a\nb", "a\0b"):
        with database.writing() as session, pytest.raises(RefusedError):
            users.add(session, local_actor("cli:test"), name, "某人", "clerk")


def test_a_name_is_given_once_and_roles_are_known(database: Database) -> None:
    with database.writing() as session:
        added(session)
        for name, role, reason in (("ZHANGSAN", "clerk", "已经有人"), ("lisi", "boss", "没有这个角色")):
            with pytest.raises(RefusedError) as caught:
                users.add(session, local_actor("cli:test"), name, "某人", role)
            assert reason in caught.value.reason
        for display in ("   ", "李\0四", "x" * 101):
            with pytest.raises(RefusedError):
                users.add(session, local_actor("cli:test"), "lisi", display, "clerk")
        assert users.find_by_name(session, "a\0b") is None


def test_a_change_names_the_version_and_leaves_a_line(database: Database) -> None:
    with database.writing() as session:
        user = added(session)
        users.change(session, local_actor("boss"), user.id, user.version, role="lead", display_name="张三")
        assert (user.version, user.role, user.display_name) == (2, "lead", "张三")
        with pytest.raises(ChangedMeanwhileError) as caught:
            users.change(session, local_actor("boss"), user.id, 1, role="clerk")
        assert caught.value.version == 2
        with pytest.raises(NotFoundError):
            users.change(session, local_actor("boss"), 99, role="clerk")
        lines = list(session.query(audit.AuditRow).order_by(audit.AuditRow.seq))
        assert [(line.actor, line.action) for line in lines] == [
            ("cli:test", "user.add"),
            ("boss", "user.change"),
        ]
        assert lines[-1].detail == {"role": "lead", "disabled": False}
        assert "张三" not in str([line.detail for line in lines])
        assert verification.verify(session).broken_at is None


def test_there_is_always_an_administrator_left(database: Database) -> None:
    with database.writing() as session:
        one, other = added(session, "one", "admin", active=True), added(session, "other", "admin")
        for change in ({"disabled": True}, {"role": "lead"}):
            with pytest.raises(RefusedError) as caught:
                users.change(session, local_actor("one"), one.id, **change)  # type: ignore[arg-type]
            assert "管理员" in caught.value.reason
        users.change(session, local_actor("one"), other.id, disabled=True)
        users.change(session, local_actor("one"), other.id, disabled=False)
        other.password_hash = "$argon2id$made-up"
        users.change(session, local_actor("one"), one.id, disabled=True)
        assert users.state_of(one) == "disabled"


def test_an_invitation_works_once(database: Database) -> None:
    with database.writing() as session:
        user = added(session)
        secret, _ = users.invite(session, local_actor("boss"), user)
        assert users.person_invited_by(session, secret).name == "zhangsan"
        assert secret not in str([row.__dict__ for row in session.query(InvitationRow)])
        users.accept(session, secret, "张三", "$argon2id$made-up")
        assert users.state_of(user) == "active"
        for act in (
            lambda: users.person_invited_by(session, secret),
            lambda: users.accept(session, secret, "李四", "x"),
        ):
            with pytest.raises(InvitationError):
                act()
        assert user.display_name == "张三"


def test_invitations_end_with_time_with_a_newer_one_and_with_the_person(database: Database) -> None:
    with database.writing() as session:
        user = added(session)
        old, _ = users.invite(session, local_actor("boss"), user)
        new, expires_at = users.invite(session, local_actor("boss"), user)
        assert dt.timedelta(days=2) < expires_at - users.now() < dt.timedelta(days=4)
        for secret in (old, "", "made-up"):
            with pytest.raises(InvitationError):
                users.person_invited_by(session, secret)
        users.change(session, local_actor("boss"), user.id, disabled=True)
        with pytest.raises(InvitationError):
            users.person_invited_by(session, new)
        users.change(session, local_actor("boss"), user.id, disabled=False)
        session.query(InvitationRow).filter_by(used_at=None).one().expires_at = users.now()
        with pytest.raises(InvitationError):
            users.person_invited_by(session, new)


def test_being_invited_anew_ends_password_and_sessions(database: Database) -> None:
    with database.writing() as session:
        user = added(session, active=True)
        session.add(SessionRow(id="a" * 64, user_id=user.id, csrf="c", expires_at=users.now()))
        users.invite(session, local_actor("boss"), user)
        assert user.password_hash is None
        assert session.query(SessionRow).count() == 0


def test_the_first_start_invites_an_administrator(database: Database) -> None:
    with database.writing() as session:
        first = users.first_invitation(session, local_actor("cli:test"))
        second = users.first_invitation(session, local_actor("cli:test"))
        assert first
        assert second
        with pytest.raises(InvitationError):
            users.person_invited_by(session, first)
        admin = users.accept(session, second, "管理员", "$argon2id$made-up")
        assert (admin.name, admin.role, users.count(session)) == ("admin", "admin", 1)
        assert users.first_invitation(session, local_actor("cli:test")) is None


def test_a_link_that_another_administrator_holds_stays_good(database: Database) -> None:
    with database.writing() as session:
        boss = added(session, "boss", "admin")
        secret, _ = users.invite(session, local_actor("cli:test"), boss)
        assert users.first_invitation(session, local_actor("cli:test")) is None
        assert users.person_invited_by(session, secret) is boss
        session.query(InvitationRow).one().expires_at = users.now()
        assert users.first_invitation(session, local_actor("cli:test"))


def test_clerks_alone_do_not_make_an_administrator_needless(database: Database) -> None:
    with database.writing() as session:
        added(session, active=True)
        assert users.first_invitation(session, local_actor("cli:test"))
