"""Turns: two readings at a time, a few waiting, the rest told to come again."""

from __future__ import annotations

import asyncio
import io
import time
from typing import TYPE_CHECKING

import docx

from fenban.serving.desk.directory.files import read_uploaded
from fenban.serving.uploads import room as rooms
from fenban.serving.uploads.errors import UploadsBusyError
from fenban.serving.uploads.room import ReadingRoom

if TYPE_CHECKING:
    import pytest

LIST = (
    "单位,职能,属地,别名,职责,启用日期,停用日期,上级,原名称\n"
    "甲区城管局,城管局,甲市/甲区,甲城管、城管甲,市容；路灯,2020-01-02,2026-03-04,甲区政府,甲区市容局\n"
    "乙区城管局,,,,,昨天,,,\n"
    "丙区城管局,,,,,,停用,,\n"
)


def test_a_list_comes_back_as_the_reader_would_give_it() -> None:
    content = LIST.encode()
    found = asyncio.run(ReadingRoom().directory_list(content, "a.csv"))
    assert found == read_uploaded(content, "a.csv")
    assert found[0][0].duties == ("市容", "路灯")
    assert len(found[1]) == 1


def test_a_dropped_document_is_read_within_seven_tenths_of_a_second() -> None:
    document = docx.Document()
    document.add_paragraph("候车亭没有座椅，老人站着等。")
    stream = io.BytesIO()
    document.save(stream)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        found = asyncio.run(ReadingRoom().document(stream.getvalue(), "提案.docx"))
        times.append(time.perf_counter() - began)
    assert found.text == "候车亭没有座椅，老人站着等。"
    assert min(times) < 0.7, times


def test_two_are_read_at_a_time_and_the_others_wait_or_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0

    async def slow(*_: object) -> dict[str, str]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return {"title": "", "text": "路灯", "kind": "txt"}

    monkeypatch.setattr(rooms, "run_bounded", slow)

    async def crowd(n: int) -> list[object]:
        room = ReadingRoom()
        return await asyncio.gather(*(room.document(b"x", "") for _ in range(n)), return_exceptions=True)

    assert all(not isinstance(answer, Exception) for answer in asyncio.run(crowd(10)))
    assert most == 2
    answers = asyncio.run(crowd(20))
    told = [answer for answer in answers if isinstance(answer, UploadsBusyError)]
    assert len(told) == 10
    assert told[0].retry_after > 0
    monkeypatch.setattr(rooms, "LONGEST_WAIT", 0.01)
    assert any(isinstance(answer, UploadsBusyError) for answer in asyncio.run(crowd(4)))


def test_who_leaves_while_waiting_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> dict[str, str]:
        await asyncio.sleep(0.1)
        return {"title": "", "text": "路灯", "kind": "txt"}

    monkeypatch.setattr(rooms, "run_bounded", slow)

    async def leave() -> None:
        room = ReadingRoom()
        first = [asyncio.create_task(room.document(b"x", "")) for _ in range(6)]
        await asyncio.sleep(0.01)
        for task in first:
            task.cancel()
        await asyncio.gather(*first, return_exceptions=True)
        await asyncio.gather(*(room.document(b"x", "") for _ in range(2)))

    asyncio.run(leave())
