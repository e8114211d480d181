"""Whoever manages people gives nobody, and touches nobody with, more than they may do themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fenban.serving.accounts import tokens, users
from fenban.serving.accounts.actor import Actor, local_actor
from fenban.serving.accounts.errors import BeyondOwnError
from fenban.serving.accounts.permissions import PERMISSIONS, ROLES
from fenban.serving.store import audit
from fenban.serving.store.tables.accounts import TokenRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from fenban.serving.store.database import Database
    from fenban.serving.store.tables.accounts import UserRow

SETUP = local_actor("cli:test")
# what tokens of an administrator may be limited to: one permission, or what a role may do
SCOPES = {
    **{f"only {name}": frozenset({"users.manage", name}) for name in PERMISSIONS},
    **{f"as {role}": may | {"users.manage"} for role, may in ROLES.items()},
}


def token_with(scopes: frozenset[str]) -> Actor:
    return Actor("admin", "admin", scopes, user_id=10_000, token="hotline")


def person(session: Session, role: str, name: str = "zhangsan") -> UserRow:
    user = users.add(session, SETUP, name, "张三", role)
    user.password_hash = "$argon2id$made-up"
    session.flush()
    return user


def another_admin(session: Session) -> None:
    person(session, "admin", "lisi")


def invite(session: Session, maker: Actor, role: str) -> None:
    users.invite(session, maker, person(session, role))


def disable(session: Session, maker: Actor, role: str) -> None:
    another_admin(session)
    users.change(session, maker, person(session, role).id, disabled=True)


def enable(session: Session, maker: Actor, role: str) -> None:
    users.change(session, maker, person(session, role).id, disabled=False)


def rename(session: Session, maker: Actor, role: str) -> None:
    users.change(session, maker, person(session, role).id, display_name="李四")


def revoke(session: Session, maker: Actor, role: str) -> None:
    owner = person(session, role)
    tokens.revoke(session, maker, tokens.create(session, SETUP, owner, "one", ["tokens.manage"], 1)[1].id)


ACTS: dict[str, Callable[[Session, Actor, str], object]] = {
    "add": lambda session, maker, role: users.add(session, maker, "zhangsan", "张三", role),
    "invite": invite,
    "disable": disable,
    "enable": enable,
    "rename": rename,
    "revoke": revoke,
}


@pytest.mark.parametrize("act", ACTS)
def test_only_people_who_may_do_no_more_are_touched(database: Database, act: str) -> None:
    allowed = 0
    for scopes in SCOPES.values():
        for role, permissions in ROLES.items():
            with database.reading() as session:  # rolled back: each act finds the same people
                if permissions <= scopes:
                    ACTS[act](session, token_with(scopes), role)
                    allowed += 1
                else:
                    with pytest.raises(BeyondOwnError):
                        ACTS[act](session, token_with(scopes), role)
    assert allowed == 10  # each role itself, lead also clerk, admin all five


@pytest.mark.parametrize("was", ROLES)
def test_a_role_is_changed_where_both_the_old_and_the_new_are_covered(database: Database, was: str) -> None:
    for scopes in SCOPES.values():
        for role, permissions in ROLES.items():
            with database.reading() as session:
                user, maker = person(session, was), token_with(scopes)
                another_admin(session)
                if permissions | ROLES[was] <= scopes:
                    assert users.change(session, maker, user.id, role=role).role == role
                    continue
                with pytest.raises(BeyondOwnError):
                    users.change(session, maker, user.id, role=role)
                assert user.role == was


def test_an_administrator_in_a_browser_may_do_all(database: Database) -> None:
    for act in ACTS.values():
        for role in ROLES:
            with database.reading() as session:
                act(session, Actor("admin", "admin", user_id=10_000), role)


def test_what_was_refused_leaves_no_line(database: Database) -> None:
    with database.writing() as session:
        lines = audit.count(session)
        with pytest.raises(BeyondOwnError):
            users.add(session, token_with(frozenset({"users.manage"})), "zhangsan", "张三", "admin")
        assert audit.count(session) == lines


@pytest.fixture
def manager(client_for: Callable[..., Any]) -> Any:
    """A program with an administrator's token that may do nothing but manage people."""
    client = client_for()
    with client.app.state.service.database.writing() as session:
        session.query(TokenRow).filter_by(name="test-admin").one().scopes = ["users.manage"]
    client.app.state.service.accounts.identities.forget()
    return client


def test_a_token_that_manages_people_makes_nobody_an_administrator(
    manager: Any, is_problem: Callable[..., dict[str, Any]]
) -> None:
    people = {user["name"]: user["id"] for user in manager.get("/api/v1/users").json()["items"]}
    new = {"name": "mallory", "display_name": "某人", "role": "admin"}
    refused = is_problem(manager.post("/api/v1/users", json=new), 403)
    assert "不能授予自己没有的权限" in refused["detail"]
    for name in ("admin", "clerk", "auditor"):
        is_problem(manager.post(f"/api/v1/users/{people[name]}/invitations"), 403)
        for change in ({"role": "admin"}, {"disabled": True}, {"display_name": "某人"}):
            url = f"/api/v1/users/{people[name]}"
            answer = manager.run(manager.http.patch(url, json=change, headers={"If-Match": "*"}))
            is_problem(answer, 403)
