"""Who sent a file and went away is not read for; who broke a limit is told which."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from fenban.serving.resources.uploading import read_while_connected
from fenban.serving.uploads import room as rooms
from fenban.serving.uploads.errors import UploadRefusedError, UploadsBusyError


class Connection:
    """The part of a request that tells when its client has gone."""

    def __init__(self, gone_after: float) -> None:
        self._gone_after = gone_after

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(self._gone_after)
        return {"type": "http.disconnect"}


def test_the_reading_ends_when_the_client_has_gone() -> None:
    ended: list[str] = []

    async def reading() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("killed")

    began = time.perf_counter()
    with pytest.raises(HTTPException) as error:
        asyncio.run(read_while_connected(Connection(0.05), reading()))  # type: ignore[arg-type]
    assert error.value.status_code == 499
    assert ended == ["killed"]
    assert time.perf_counter() - began < 5


def test_a_client_that_stays_gets_the_answer() -> None:
    async def reading() -> str:
        return "路灯"

    assert asyncio.run(read_while_connected(Connection(60), reading())) == "路灯"  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/api/v1/documents", "/api/v1/directory/preview"])
@pytest.mark.parametrize(
    ("error", "status"),
    [(UploadRefusedError("读这个文件超过 10 秒，已停止"), 422), (UploadsBusyError(5), 503)],
)
def test_limits_are_told_as_problems(client, is_problem, monkeypatch, path, error, status) -> None:
    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(rooms, "run_bounded", fail)
    answer = client.post(path, files={"file": ("a.txt", b"x")})
    content = is_problem(answer, status)
    if status == 503:
        assert answer.headers["retry-after"] == "5"
        assert content["type"] == "urn:fenban:problem:uploads-busy"
    else:
        assert "超过 10 秒" in content["errors"][0]["message"]
