"""``fenban users``, ``fenban tokens`` and what ``fenban serve`` says at a first start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fenban.model.errors import InputError
from fenban.serving.accounts import users
from fenban.serving.accounts.identities import Identities
from fenban.serving.accounts.passwords import hash_password
from fenban.serving.accounts.sessions import Lifetime
from fenban.serving.cli.main import build_parser, main
from fenban.serving.cli.operating import serve
from fenban.serving.store.database import Database, parse_database_url

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    for name in ("DATABASE", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_SECRET_FILE"):
        monkeypatch.delenv(f"FENBAN_{name}", raising=False)
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Database]:
    """The store that the commands have made."""
    home.mkdir(parents=True, exist_ok=True)
    opened = Database(parse_database_url(None, home))
    yield opened
    opened.close()


def lines(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out.strip(), captured.err.strip()


def test_a_person_is_added_with_a_link_that_works(
    home: Path, store: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "users",
        "add",
        "zhangsan",
        "--role",
        "lead",
        "--display",
        "张三",
        "--address",
        "http://desk:80/",
    ]
    assert main(command) == 0
    out, err = lines(capsys)
    assert out.startswith("http://desk:80/invitation?secret=")
    assert "once" in err
    with store.writing() as session:
        user = users.accept(session, out.split("=")[1], "张三", hash_password("a long walk uphill"))
        assert (user.name, user.role) == ("zhangsan", "lead")
    assert main(["users", "list", "--json"]) == 0
    assert json.loads(lines(capsys)[0]) == [
        {"name": "zhangsan", "display_name": "张三", "role": "lead", "state": "active", "seen_at": None}
    ]
    assert main(["users", "role", "zhangsan", "clerk"]) == 0
    assert main(["users", "disable", "zhangsan"]) == 0
    assert lines(capsys)[0].splitlines() == ["zhangsan: clerk", "zhangsan: disabled"]
    assert main(["users", "enable", "zhangsan"]) == 0
    assert main(["users", "reset", "zhangsan"]) == 0
    assert main(["users", "list"]) == 0
    assert "invited" in lines(capsys)[0].splitlines()[-1]


def test_a_token_is_printed_once_and_ends(
    home: Path, store: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["users", "add", "zhangsan"])
    lines(capsys)
    assert main(["tokens", "create", "hotline", "--user", "zhangsan", "--scopes", "suggest"]) == 0
    secret, err = lines(capsys)
    assert secret.startswith("fenban_")
    assert "not shown again" in err
    identities = Identities(store, Lifetime())
    found = identities.look_up("token", secret)
    assert found is not None
    assert (found.actor.label, found.actor.permissions) == ("token:hotline", {"suggest"})
    assert main(["tokens", "list", "--json"]) == 0
    shown = lines(capsys)[0]
    assert secret not in shown
    assert json.loads(shown)[0]["scopes"] == ["suggest"]
    assert main(["tokens", "revoke", "hotline"]) == 0
    assert main(["tokens", "list"]) == 0
    assert "revoked" in lines(capsys)[0]
    assert identities.look_up("token", secret) is None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["users", "disable", "nobody"], "nobody and nothing of that name"),
        (["users", "add", "a/b"], "refused: 登录名"),
        (["tokens", "revoke", "none"], "nobody and nothing of that name"),
        (["tokens", "create", "x", "--user", "nobody", "--scopes", "suggest"], "nobody and nothing"),
        (["users", "list", "--database", "mysql://a/b"], "not supported"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str], said: str
) -> None:
    assert main(command) == 2
    out, err = lines(capsys)
    assert out == ""
    assert said in err
    assert "\n" not in err


def test_the_database_may_come_from_the_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FENBAN_DATABASE", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert main(["users", "add", "zhangsan"]) == 0
    assert (tmp_path / "elsewhere.db").exists()
    assert not (home / "fenban.db").exists()
    assert main(["users", "list", "--database", f"sqlite:///{tmp_path / 'third.db'}", "--json"]) == 0
    assert json.loads(lines(capsys)[0].splitlines()[-1]) == []


def arguments(*more: str) -> argparse.Namespace:
    return build_parser().parse_args(["serve", *more])


def test_a_first_start_says_a_link_and_a_later_one_the_address(
    home: Path, store: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = serve._prepare_store(arguments())
    assert secret
    serve._greet("http://127.0.0.1:8000", secret, "127.0.0.1")
    err = lines(capsys)[1]
    assert f"http://127.0.0.1:8000/invitation?secret={secret}" in err
    assert "24 小时" in err
    assert "unencrypted" not in err
    with store.writing() as session:
        users.accept(session, secret, "管理员", "$argon2id$made-up")
    assert serve._prepare_store(arguments()) is None
    serve._greet("http://127.0.0.1:8000", None, "0.0.0.0")
    err = lines(capsys)[1]
    assert "http://127.0.0.1:8000/\n" in err
    assert "invitation" not in err
    assert "unencrypted" in err


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("desk.local", False)],
)
def test_loopback_is_told_apart(host: str, loopback: bool) -> None:
    assert serve._is_loopback(host) is loopback


def test_the_identity_provider_is_told_whole_or_not_at_all(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert serve._read_oidc(arguments()) is None
    with pytest.raises(InputError, match="--oidc-client-id, --oidc-secret-file"):
        serve._read_oidc(arguments("--oidc-issuer", "https://id.test"))
    secret = tmp_path / "secret"
    secret.write_text("between us\n", "utf-8")
    monkeypatch.setenv("FENBAN_OIDC_CLIENT_ID", "fenban")
    monkeypatch.setenv("FENBAN_OIDC_SECRET_FILE", str(secret))
    found = serve._read_oidc(arguments("--oidc-issuer", "https://id.test/", "--oidc-create"))
    assert found is not None
    assert (found.issuer, found.client_id, found.client_secret, found.create) == (
        "https://id.test", "fenban", "between us", True,
    )  # fmt: skip
    with pytest.raises(InputError, match="https"):
        serve._read_oidc(arguments("--oidc-issuer", "http://id.test"))
    secret.write_text("\n", "utf-8")
    with pytest.raises(InputError, match="is empty"):
        serve._read_oidc(arguments("--oidc-issuer", "https://id.test"))


def test_hours_of_a_session_are_read_as_minutes() -> None:
    assert arguments("--session-idle", "0.5").session_idle == 30
    assert arguments().session_whole == 24 * 60


@pytest.mark.parametrize("hours", ["long", "inf", "nan", ""])
def test_hours_that_are_no_number_are_refused(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments("--session-idle", hours)
    assert "is not a number of hours" in capsys.readouterr().err
