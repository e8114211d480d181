"""Reading an uploaded list of departments: within limits, and with its faults told in Chinese."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from fenban.model import FenbanError, TableError
from fenban.training import (
    MOST_DEPTH,
    MOST_ELEMENTS,
    MOST_UNITS,
    ListedUnit,
    NoUnitColumnError,
    UnsafeArchiveError,
    read_listed,
    refuse_deep_parts,
)

LONGEST_NAME = 200  # characters; columns of the store hold no more
LARGEST_UNPACKED = 128 * 1024 * 1024  # bytes of all parts of a workbook together
_REASONS = (
    (re.compile(r".* comes twice"), "与前面的一行重复"),
    (re.compile(r".* is not a date"), "不是日期，请写成 2026-01-31"),
    (re.compile(r".* lies before .*"), "停用日期早于启用日期"),
)
_ANY_REASON = "这一行读不了：格数与表头不符，或引号、编码有误"
_REFUSALS = (
    ("password", "文件有密码。请在 Excel 或 WPS 中去掉密码再试"),
    ("old Excel", "这是旧版表格（.xls）。请另存为 .xlsx 再试"),
    ("has no sheet", "工作簿里没有内容"),
    ("has a header but no rows", "只有表头，没有单位"),
    ("is empty", "文件是空的"),
    ("nothing but blanks", "文件里没有内容"),
    ("beyond the last", "表里有超出 Excel 范围的行号（最多 1048576 行）。请用 Excel 或 WPS 打开，另存后再试"),
    ("columns", "列数太多（最多 1024 列）。请只留下需要的列"),
    ("cells", "单元格太多（最多 1 亿个）。请只留下单位名录那一张表"),
    ("sheets", "工作表太多（最多 1000 张）。请只留下单位名录那一张表"),
    ("unpacks to", "表格解开后太大。请只留下单位名录那一张表"),
    ("part of more", "表格解开后太大。请只留下单位名录那一张表"),
    ("document type", "文件里有办公软件不会写的内容（DOCTYPE）。请用 Excel 或 WPS 打开，另存后再试"),
    ("more than", f"行数太多（最多 {MOST_UNITS} 行）"),
)
_STRUCTURE = (
    f"表格内部结构过于复杂（嵌套超过 {MOST_DEPTH} 层，或元素超过 {MOST_ELEMENTS // 10_000} 万个）。"
    "请只留下单位名录那一张表，另存后再试"
)
_ANY_REFUSAL = "读不了这个文件。请用 .xlsx 或 .csv，第一行是表头；打不开的请另存后再试"


class UnreadableListError(FenbanError):
    """A list of departments cannot be read at all; ``reason`` says in Chinese why."""

    def __init__(self, reason: str) -> None:
        super().__init__("the list cannot be read")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that was left out: where, and why (in Chinese)."""

    row: int
    column: str
    reason: str


def read_list(path: Path) -> tuple[list[ListedUnit], list[Unreadable]]:
    """Read the list in a file; rows that cannot be read are returned with their reasons.

    Raises:
        TableError: the file cannot be read at all, or names no unit.
    """
    listed, bad = read_listed(path, several_functions=True)
    unreadable = [Unreadable(row.number, row.column, _say_in_chinese(row.reason)) for row in bad]
    sound = []
    for row in listed:
        if max(map(len, (row.name, row.function or "", row.jurisdiction or ""))) > LONGEST_NAME:
            unreadable.append(Unreadable(row.row, "", f"名称、职能或属地超过 {LONGEST_NAME} 字"))
        else:
            sound.append(row)
    if not sound:
        raise TableError(path, "has no row that can be read" if unreadable else "names no unit")
    return sound, sorted(unreadable, key=lambda row: row.row)


def read_uploaded(content: bytes, name: str) -> tuple[list[ListedUnit], list[Unreadable]]:
    """Read an uploaded list; it lies in a private temporary folder while it is read.

    Args:
        content: of the file.
        name: as the browser gave it; only its ending counts.

    Raises:
        UnreadableListError: it cannot be read at all.
    """
    ending = Path(name).suffix.lower()
    if ending not in (".xlsx", ".csv", ".jsonl"):
        ending = ".xlsx" if content.startswith(b"PK\x03\x04") else ".csv"
    _refuse_bomb(content)
    with tempfile.TemporaryDirectory(prefix="fenban-") as folder:
        path = Path(folder) / f"list{ending}"
        path.write_bytes(content)
        try:
            return read_list(path)
        except NoUnitColumnError as error:
            reason = f"没有“单位”一列，只有：{error.headers}。请把单位那一列的表头改为“单位名称”"
            raise UnreadableListError(reason) from error
        except TableError as error:
            said = str(error)
            reason = next((reason for words, reason in _REFUSALS if words in said), _ANY_REFUSAL)
            raise UnreadableListError(reason) from error


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked <= LARGEST_UNPACKED:
                refuse_deep_parts(archive, filter(_is_xml, archive.namelist()))
    except UnsafeArchiveError as error:
        raise UnreadableListError(_STRUCTURE) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return  # no workbook; the reader says what it is
    if unpacked > LARGEST_UNPACKED:
        raise UnreadableListError("表格解开后太大。请只留下单位名录那一张表")


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def _say_in_chinese(reason: str) -> str:
    return next((chinese for pattern, chinese in _REASONS if pattern.fullmatch(reason)), _ANY_REASON)
