"""A home folder that version 0.1 wrote opens with the present code, and nothing in it is lost.

``fixtures/home_0_1`` was made by commit 7b74a5b through its own command line and API;
``fixtures/home_0_1.json`` says what must be found in it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from alembic import command

from fenban.serving.app import create_app
from fenban.serving.cli.main import main
from fenban.serving.http.listening import open_socket
from fenban.serving.settings import ServiceSettings
from fenban.serving.store import schema
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.sealing import HISTORY
from fenban.training import Registry, load_router

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fenban.model import Router

FIXTURE = Path(__file__).with_name("fixtures") / "home_0_1"
FACTS: dict[str, Any] = json.loads(FIXTURE.with_suffix(".json").read_text("utf-8"))
CREDENTIALS = FACTS["credentials"]


def copied(folder: Path) -> Path:
    home = folder / "home"
    shutil.copytree(FIXTURE, home)
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("upgrade"))


@pytest.fixture(scope="module")
def router(home: Path) -> Router:
    folder = Registry(home).champion_folder()
    assert folder is not None
    return load_router(folder)


@pytest.fixture(scope="module")
def address(home: Path, router: Router, served: Any) -> Iterator[str]:
    with contextlib.closing(open_socket("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        url = parse_database_url(None, home).render_as_string(hide_password=False)
        app = create_app(router, ServiceSettings(model_folder=home, database=url, port=port))
        with served(app, listener):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def hotline(address: str) -> Iterator[httpx.Client]:
    """What asks with the token that 0.1 gave out."""
    secret = CREDENTIALS["token"]["secret"]
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}) as client:
        yield client


def test_the_champion_and_its_history_are_found(home: Path) -> None:
    registry = Registry(home)
    assert [entry.version for entry in registry.entries()] == [FACTS["model"]["version"]]
    assert [event["action"] for event in registry.history()] == [line["action"] for line in FACTS["history"]]


@pytest.mark.parametrize("expected", FACTS["suggestions"], ids=lambda expected: expected["text"][:8])
def test_a_text_gets_the_suggestion_it_got_before(
    home: Path, capsys: pytest.CaptureFixture[str], expected: dict[str, Any]
) -> None:
    assert main(["route", "--json", "--home", str(home), expected["text"]]) == 0
    found = json.loads(capsys.readouterr().out)
    for kind, name in (("topics", "path"), ("functions", "function"), ("lead_units", "unit")):
        assert [one[name] for one in found[kind]] == [one[name] for one in expected[kind]]
        assert [one["probability"] for one in found[kind]] == pytest.approx(
            [one["probability"] for one in expected[kind]], abs=1e-3
        )
    assert (found["zone"], found["flags"]) == (expected["zone"], expected["flags"])


def test_the_unit_on_trial_is_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trial", "list", "--json", "--home", str(home)]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert {name: found[name] for name in FACTS["trial"]} == FACTS["trial"]


@pytest.mark.parametrize("name", CREDENTIALS["passwords"])
def test_a_person_logs_in_with_the_password_of_before(address: str, name: str) -> None:
    asked = {"name": name, "password": CREDENTIALS["passwords"][name]}
    answer = httpx.post(f"{address}/api/v1/session", json=asked, headers={"Origin": address})
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == name


def test_the_token_still_lets_in_and_the_revoked_one_does_not(hotline: httpx.Client) -> None:
    assert hotline.get("/api/v1/session").json()["token"] == CREDENTIALS["token"]["name"]
    former = {"Authorization": f"Bearer {CREDENTIALS['revoked_token']['secret']}"}
    assert hotline.get("/api/v1/session", headers=former).status_code == 401


@pytest.mark.parametrize("expected", FACTS["matters"], ids=lambda expected: expected["is"])
def test_a_matter_stands_as_it_stood(hotline: httpx.Client, expected: dict[str, Any]) -> None:
    found = hotline.get(f"/api/v1/submissions/{expected['id']}").json()
    same = ("number", "version", "kind", "state", "form", "lane", "topic", "lead_unit", "co_units")
    assert {name: found[name] for name in same} == {name: expected[name] for name in same}


def test_matters_are_found_by_their_words(hotline: httpx.Client) -> None:
    for words, expected in FACTS["answers"]["search"].items():
        items = hotline.get("/api/v1/search", params={"q": words}).json()["items"]
        assert [item["id"] for item in items] == expected


@pytest.mark.parametrize("upgraded", [False, True])
def test_the_audit_holds_before_and_after_the_upgrade(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], upgraded: bool
) -> None:
    home, facts = copied(tmp_path), FACTS["audit"]
    if upgraded:
        database = Database(parse_database_url(None, home))
        schema.migrate(database)
        database.close()
    assert main(["audit", "verify", "--json", "--head", facts["head"], "--home", str(home)]) == 0
    found = json.loads(capsys.readouterr().out)
    # the upgrade writes one line, which says what is from before
    assert (found["lines"], found["flaw"]) == (facts["lines"] + upgraded, None)
    assert found["unsealed"] == sum(FACTS["tables"][name] for name in HISTORY)


def test_every_row_is_still_there(home: Path, address: str) -> None:
    del address  # the service has brought the store to the present schema
    with contextlib.closing(sqlite3.connect(home / "fenban.db")) as connection:
        for table in ("submissions", "submission_texts", "transitions", "decisions", "suggestions", "merges"):
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert count == FACTS["tables"][table], table


def catalogue(file: Path) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return sorted(
            connection.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
            )
        )


def test_the_first_migration_makes_the_schema_that_was_released(tmp_path: Path) -> None:
    database = Database(parse_database_url(None, tmp_path))
    command.upgrade(schema.alembic_config(database), "0001")
    database.close()
    assert catalogue(tmp_path / "fenban.db") == catalogue(FIXTURE / "fenban.db")
