"""Who sent a file and went away is not read for; who broke a limit is told which."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from typing import Any

import openpyxl
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


def zipped(**parts: str) -> bytes:
    """Return an archive of these parts; ``__`` in a name stands for ``/``, its ending is .xml."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return stream.getvalue()


def hostile_workbook(number: str) -> bytes:
    """Return a list of departments of which one row gives itself this number."""
    book = openpyxl.Workbook()
    book.active.append(["单位"])
    book.active.append(["甲局"])
    stream = io.BytesIO()
    book.save(stream)
    changed = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b'<row r="2"', f'<row r="{number}"'.encode()))
    return changed.getvalue()


@pytest.mark.parametrize("number", ["2000000000", "1e300", "10000000"])
def test_a_workbook_of_a_few_kilobytes_does_not_stop_the_service(client, is_problem, number) -> None:
    content = hostile_workbook(number)
    assert len(content) < 6000
    began = time.perf_counter()
    answer = client.post("/api/v1/directory/preview", files={"file": ("a.xlsx", content)})
    assert time.perf_counter() - began < 5
    assert "1048576 行" in is_problem(answer, 422)["errors"][0]["message"]


def test_a_document_of_millions_of_empty_paragraphs_does_not_stop_the_service(client, is_problem) -> None:
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "<w:p/>" * 4_500_000
    content = zipped(word__document=f'<w:document xmlns:w="{main}"><w:body>{body}</w:body></w:document>')
    assert len(content) < 100_000
    began = time.perf_counter()
    answer = client.post("/api/v1/documents", files={"file": ("a.docx", content)})
    assert time.perf_counter() - began < 5
    assert "2 万段" in is_problem(answer, 422)["errors"][0]["message"]
