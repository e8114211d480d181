"""Tokens: shown once, within the scopes of who makes them and of who owns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fenban.serving.accounts import tokens, users
from fenban.serving.accounts.actor import Actor, local_actor
from fenban.serving.accounts.permissions import PERMISSIONS, ROLES, permissions_of
from fenban.serving.store import audit
from fenban.serving.store.errors import NotFoundError, RefusedError
from fenban.serving.store.tables.accounts import TokenRow

if TYPE_CHECKING:
    from fenban.serving.store.database import Database

ADMIN = local_actor("cli:test")


def test_a_token_is_kept_as_a_hash_and_named_in_the_audit(database: Database) -> None:
    with database.writing() as session:
        owner = users.add(session, local_actor("cli:test"), "zhangsan", "张三", "clerk")
        secret, row = tokens.create(session, ADMIN, owner, "热线平台", ["suggest", "suggest"], 30)
        assert secret.startswith("fenban_")
        assert len(secret) > 40
        assert (row.scopes, row.revoked_at) == (["suggest"], None)
        kept = str([row.__dict__ for row in session.query(TokenRow)])
        assert secret not in kept
        line = session.query(audit.AuditRow).order_by(audit.AuditRow.seq.desc()).first()
        assert line is not None
        assert (line.action, line.subject, line.detail) == (
            "token.create", f"token:{row.id}", {"scopes": ["suggest"], "days": 30},
        )  # fmt: skip


REFUSED: tuple[tuple[str, list[str], int, str], ...] = (
    ("a b", ["suggest"], 30, "令牌名称"),
    ("", ["suggest"], 30, "令牌名称"),
    ("used", ["suggest"], 30, "已经有过"),
    ("new", [], 30, "至少选一项"),
    ("new", ["everything"], 30, "没有这项权限"),
    ("new", ["audit.read"], 30, "账户没有的权限：查看审计"),
    ("new", ["suggest"], 0, "有效期"),
    ("new", ["suggest"], 367, "有效期"),
)


def test_tokens_are_refused(database: Database) -> None:
    with database.writing() as session:
        owner = users.add(session, local_actor("cli:test"), "zhangsan", "张三", "clerk")
        used = tokens.create(session, ADMIN, owner, "used", ["suggest"], 30)[1]
        tokens.revoke(session, ADMIN, used.id)
        for name, scopes, days, reason in REFUSED:
            with pytest.raises(RefusedError) as caught:
                tokens.create(session, ADMIN, owner, name, scopes, days)
            assert reason in caught.value.reason


def test_a_token_gives_no_more_than_it_has(database: Database) -> None:
    maker = Actor("zhangsan", "lead", frozenset({"suggest", "tokens.manage"}), token="one")
    with database.writing() as session:
        owner = users.add(session, local_actor("cli:test"), "zhangsan", "张三", "lead")
        tokens.create(session, maker, owner, "two", ["suggest"], 1)
        with pytest.raises(RefusedError):
            tokens.create(session, maker, owner, "three", ["directory.write"], 1)


def test_revoking_is_for_good_and_for_the_owner(database: Database) -> None:
    with database.writing() as session:
        owner = users.add(session, local_actor("cli:test"), "zhangsan", "张三", "clerk")
        other = users.add(session, local_actor("cli:test"), "lisi", "李四", "clerk")
        row = tokens.create(session, ADMIN, owner, "one", ["suggest"], 1)[1]
        for act in (
            lambda: tokens.revoke(session, Actor("lisi", "clerk", user_id=other.id), row.id),
            lambda: tokens.get_by_name(session, "x"),
        ):
            with pytest.raises(NotFoundError):
                act()
        first = tokens.revoke(session, Actor("zhangsan", "clerk", user_id=owner.id), row.id).revoked_at
        lines = audit.count(session)
        assert tokens.revoke(session, ADMIN, row.id).revoked_at == first
        assert audit.count(session) == lines
        assert tokens.list_tokens(session, 10, owner=other.id) == []
        assert [found.name for found in tokens.list_tokens(session, 10)] == ["one"]


def test_roles_hold_known_permissions_and_an_unknown_role_none() -> None:
    assert set().union(*ROLES.values()) == set(PERMISSIONS)
    assert permissions_of("clerk") < permissions_of("lead") < permissions_of("admin")
    assert "matters.raw" not in permissions_of("auditor") | permissions_of("engineer")
    assert permissions_of("janitor") == frozenset()


def test_an_actor_may_what_role_and_scopes_both_allow() -> None:
    person = Actor("zhangsan", "clerk")
    program = Actor("zhangsan", "clerk", frozenset({"suggest", "audit.read"}), token="hotline")
    assert (person.label, program.label) == ("zhangsan", "token:hotline")
    assert person.may("matters.write")
    assert program.may("suggest")
    assert not program.may("matters.write")
    assert not program.may("audit.read"), "the role has been taken away since"
