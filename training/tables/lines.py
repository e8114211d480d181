"""Reading files with one case a line: JSON lines and plain text."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

from fenban.model import TableError

from .decoding import Coding, find_coding, mend, open_text, read_lines
from .rows import BadRow, Row, Table, check_width

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINE = "line"  # the name under which a line that cannot be read is shown
_SHOWN = 1000
DEEPEST = 32  # lists and objects within one another; what is deeper cannot be made into one text


def open_text_lines(path: Path, keep_blank: bool = False) -> Table:
    """Open a .txt file as a table with one column, ``text``; ``keep_blank``: every line is a row."""
    coding = find_coding(path)
    with ExitStack() as stack:
        stream = stack.enter_context(open_text(path, coding))
        rows = _read_text_rows(read_lines(path, stream), coding, keep_blank)
        return Table(path, ("text",), rows, stack.pop_all().close)


def _read_text_rows(lines: Iterator[str], coding: Coding, keep_blank: bool) -> Iterator[Row | BadRow]:
    for number, line in enumerate(lines, start=1):
        text = line.strip().removeprefix("\ufeff")
        if not text and not keep_blank:
            continue
        if coding.is_damaged(text):
            yield _reject_line(number, text, f"bytes that are not valid {coding.label}")
        else:
            yield Row(number, {"text": text})


def open_json_lines(path: Path, _keep_blank: bool = False) -> Table:
    """Open a .jsonl file; the headers are all keys of all its objects, and a blank line is no row.

    The file is read once for the keys, since any line may bring a new one.
    Raises TableError where it is a JSON array or holds no line at all.
    """
    coding = find_coding(path)
    with open_text(path, coding) as stream:
        headers = _collect_keys(path, read_lines(path, stream), coding)
    with ExitStack() as stack:
        stream = stack.enter_context(open_text(path, coding))
        rows = _read_json_rows(read_lines(path, stream), coding)
        return Table(path, headers, rows, stack.pop_all().close)


def _collect_keys(path: Path, lines: Iterator[str], coding: Coding) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    first_reason = ""
    number_of_rows = 0
    for row in _read_json_rows(lines, coding):
        number_of_rows += 1
        if isinstance(row, Row):
            keys.update(dict.fromkeys(row.values))
            check_width(path, len(keys))
        elif number_of_rows == 1:
            first_reason = row.reason
            if str(row.values[_LINE]).startswith("["):
                raise TableError(path, "is not JSON lines", "write one object {…} a line, without [ ]")
    if not number_of_rows:
        raise TableError(path, "has nothing but blanks")
    if not keys:
        raise TableError(path, f"has no line that is a JSON object; the first is {first_reason or 'empty'}")
    return tuple(keys)


def _read_json_rows(lines: Iterator[str], coding: Coding) -> Iterator[Row | BadRow]:
    for number, line in enumerate(lines, start=1):
        text = line.strip().removeprefix("\ufeff")
        if text:
            yield _read_json_row(number, text, coding)


def _read_json_row(number: int, text: str, coding: Coding) -> Row | BadRow:
    if coding.is_damaged(text):
        return _reject_line(number, text, f"bytes that are not valid {coding.label}")
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        return _reject_line(number, text, f"not valid JSON: {error.msg} (character {error.pos + 1})")
    except (ValueError, RecursionError) as error:
        return _reject_line(number, text, f"not valid JSON: {error}")
    if not isinstance(values, dict):
        return _reject_line(number, text, "not a JSON object")
    if text.count("[") + text.count("{") > DEEPEST and _is_deeper(values, DEEPEST):
        return _reject_line(number, text, f"lists or objects within one another more than {DEEPEST} deep")
    # An escape such as \ud83d without its other half is no character and cannot be stored.
    if "\\u" in text and coding.is_damaged(json.dumps(values, ensure_ascii=False)):
        return _reject_line(number, text, "half a character (a lone surrogate)")
    return Row(number, values)


def _is_deeper(value: object, depth: int) -> bool:
    """Tell whether lists and objects lie within one another more than ``depth`` deep."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_is_deeper(item, depth - 1) for item in inner)


def _reject_line(number: int, text: str, reason: str) -> BadRow:
    return BadRow(number, "", reason, {_LINE: mend(text[:_SHOWN])})
