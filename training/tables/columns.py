"""Which column of a table means what: the usual headers, and those a user names in a MAP.toml."""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.model import InputError, simplify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOPIC_LEVELS = 2

# Of several headers in one file the first named here is taken. An entry is one column, or for a
# topic one column a level; a level that the file lacks ends the path.
KNOWN_HEADERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "text": (
        ("内容",),
        ("诉求内容",),
        ("留言详情",),
        ("留言内容",),
        ("問題",),
        ("问题",),
        ("正文",),
        ("text",),
    ),
    "title": (("标题",), ("留言主题",), ("案由",), ("事项标题",), ("title",)),
    "lead_unit": (
        ("承办单位",),
        ("主办单位",),
        ("处置单位",),
        ("办理单位",),
        ("責任單位",),
        ("單位",),
        ("单位",),
        ("lead_unit",),
    ),
    "function": (("承办职能",), ("职能",), ("function",)),
    "co_units": (("协办单位",), ("会办单位",), ("co_units",)),
    "topic": (
        ("主题",),
        ("一级标签",),
        ("一级分类", "二级分类"),
        ("topic",),
        ("行业分类1级", "行业分类2级"),
    ),
    "received_at": (("受理时间",), ("留言时间",), ("received_at",)),
    "jurisdiction": (("属地",), ("区域",), ("jurisdiction",)),
    "form": (("形式",), ("诉求类型",), ("form",)),
    "status": (("状态",), ("status",)),
    "transfers": (("流转次数",), ("transfers",)),
    "lane": (("办理通道",), ("lane",)),
    "urgency": (("紧急程度",), ("urgency",)),
}
FIELDS = tuple(KNOWN_HEADERS)

_HEADERS_SHOWN = 20
_LONGEST_SHOWN = 30


@functools.lru_cache(maxsize=4096)
def fold_header(header: str) -> str:
    """Return the form in which headers are compared: NFKC, simplified, stripped, lower case."""
    folded = unicodedata.normalize("NFKC", header.replace("\ufeff", ""))
    return simplify(folded).strip().lower()


def list_headers(headers: Iterable[str]) -> str:
    """Return the headers as one short line for a message."""
    found = [" ".join(header.split()) for header in headers]
    shown = [h if len(h) <= _LONGEST_SHOWN else h[:_LONGEST_SHOWN] + "…" for h in found[:_HEADERS_SHOWN]]
    more = len(found) - len(shown)
    return (", ".join(shown) or "(none)") + (f" and {more} more" if more else "")


@dataclass(frozen=True, slots=True)
class NamedColumns:
    """What a MAP.toml says: for a field the header of its column, for a topic one a level."""

    source: str
    headers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """For each field that a table has, its headers as the table writes them (topic: one or two)."""

    headers: Mapping[str, tuple[str, ...]]

    @classmethod
    def find(
        cls, headers: Iterable[str], named: NamedColumns | None = None, file: object = "table"
    ) -> ColumnMap:
        """Find the columns of a table with these headers; ``file`` is what a message calls it.

        Columns in ``named`` go first and are not taken for another field as well.
        Raises InputError where ``named`` asks for a header that the table lacks.
        """
        present: dict[str, str] = {}
        for header in headers:
            present.setdefault(fold_header(header), header)
        found = {} if named is None else _resolve(named, present, file)
        taken = {header for used in found.values() for header in used}
        free = {folded: header for folded, header in present.items() if header not in taken}
        for field, candidates in KNOWN_HEADERS.items():
            if field not in found and (used := _find_first(candidates, free)):
                found[field] = used
        return cls({field: found[field] for field in FIELDS if field in found})

    def header(self, field: str) -> str | None:
        """Return the (first) header of ``field``, None where the table has no such column."""
        used = self.headers.get(field)
        return used[0] if used else None


def _find_first(candidates: tuple[tuple[str, ...], ...], present: Mapping[str, str]) -> tuple[str, ...]:
    for levels in candidates:
        used: list[str] = []
        for level in levels:
            header = present.get(fold_header(level))
            if header is None:
                break
            used.append(header)
        if used:
            return tuple(used)
    return ()


def _resolve(named: NamedColumns, present: Mapping[str, str], file: object) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field, wanted in named.headers.items():
        for header in wanted:
            if fold_header(header) not in present:
                raise InputError(
                    f'{file}: {named.source} names column "{header}" for {field}, '
                    f"but the file has: {list_headers(present.values())}"
                )
        found[field] = tuple(present[fold_header(header)] for header in wanted)[:TOPIC_LEVELS]
    return found


def read_column_map(path: Path | str) -> NamedColumns:
    """Read a MAP.toml: ``[columns]`` with ``field = "header"``; a topic may be a list, one a level.

    Raises InputError, naming file and field, where it cannot be read or names an unknown field.
    """
    try:
        content = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text - save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not valid TOML: {error}") from error
    columns = content.get("columns")
    if not isinstance(columns, dict):
        raise InputError(f'{path}: has no [columns] table - write [columns] and under it text = "…"')
    return NamedColumns(str(path), {field: _read_headers(path, field, columns[field]) for field in columns})


def _read_headers(path: Path | str, field: str, value: object) -> tuple[str, ...]:
    if field not in KNOWN_HEADERS:
        raise InputError(
            f'{path}: [columns] names an unknown field "{field}" for column "{value}"; '
            f"the fields are: {', '.join(FIELDS)}"
        )
    headers = value if isinstance(value, list) else [value]
    if not headers or not all(isinstance(header, str) and header.strip() for header in headers):
        raise InputError(f"{path}: [columns] {field} must be a header in quotes, not {value!r}")
    if len(headers) > 1 and field != "topic":
        raise InputError(f"{path}: [columns] {field} takes one header, only topic takes a list: {value!r}")
    return tuple(headers)
