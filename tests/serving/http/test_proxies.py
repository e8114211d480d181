"""What a proxy says of its callers is believed only where the proxy is named."""

from __future__ import annotations

import argparse
import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from fenban.serving.app import Frame
from fenban.serving.cli.operating import serve

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SAID = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


def seen(monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, Any]:
    """What an application sees of a request from this machine that says it was passed on."""
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    given: dict[str, Any] = {}

    def note(settings: Any, more: dict[str, Any]) -> Any:
        given.update(more, settings=settings)
        return lambda listener: None

    monkeypatch.setattr(serve, "_prepare_one_process", note)
    monkeypatch.setattr(serve, "model_folder_of", lambda arguments: "nowhere")
    monkeypatch.setattr(serve, "_prepare_store", lambda arguments: None)
    assert serve.run(parser.parse_args(["--port", "0", *options])) == 0
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    settings = given.pop("settings")
    config = uvicorn.Config(app, **given)
    config.load()
    headers = [(name.lower().encode(), value.encode()) for name, value in SAID.items()]
    scope = {"type": "http", "client": ("127.0.0.1", 5), "scheme": "http", "headers": headers}
    asyncio.run(config.loaded_app(scope, None, None))
    return {"client": scopes[0]["client"][0], "scheme": scopes[0]["scheme"], "proxy": settings.proxy}


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path))


def test_without_a_named_proxy_nobody_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch) == {"client": "127.0.0.1", "scheme": "http", "proxy": None}


def test_a_named_proxy_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, "--proxy", "127.0.0.1")
    assert found == {"client": "203.0.113.9", "scheme": "https", "proxy": "127.0.0.1"}


def test_another_than_the_named_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, "--proxy", "10.0.0.1")["client"] == "127.0.0.1"


@pytest.mark.parametrize(("named", "warnings"), [(True, 0), (False, 1)])
def test_a_proxy_that_is_not_believed_is_told_of_once(
    named: bool, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        return

    caplog.set_level(logging.WARNING)
    frame = Frame(app, believes_a_proxy=named)
    headers = [(b"x-forwarded-for", b"203.0.113.9")]
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 5),
        "scheme": "http",
        "headers": headers,
        "method": "GET",
    }
    for _ in range(3):
        asyncio.run(frame({**scope, "method": "GET"}, None, None))  # type: ignore[arg-type]
    found = [record.getMessage() for record in caplog.records if "--proxy" in record.getMessage()]
    assert len(found) == warnings
    assert "203.0.113.9" not in caplog.text


def test_a_request_broken_off_by_the_end_of_the_service_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[Any] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    async def stop_meanwhile() -> None:
        scope = {"type": "http", "client": None, "scheme": "http", "headers": [], "method": "GET"}
        task = asyncio.create_task(Frame(endless)(scope, None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        task.cancel()
        await task

    asyncio.run(stop_meanwhile())
    assert sent[0]["status"] == 503
    assert "停止" in sent[1]["body"].decode()
    assert "Traceback" not in caplog.text
