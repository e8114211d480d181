"""Opening text files in the encodings that Chinese offices use, without losing a bad line's place."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from fenban.model import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_LINE = 16_000_000  # characters; a longer one is no line but a file of another kind

_BLOCK = 1 << 18
_LOST = re.compile("[\ud800-\udfff]")
_LOST_UTF16 = re.compile("[\ud800-\udfff\ufffd]")


@dataclass(frozen=True, slots=True)
class Coding:
    """An encoding, and how bytes that it cannot read are marked in the decoded text."""

    name: str
    label: str
    errors: str = "surrogateescape"

    def is_damaged(self, text: str) -> bool:
        """Tell whether ``text`` has characters that could not be decoded."""
        return (_LOST if self.errors == "surrogateescape" else _LOST_UTF16).search(text) is not None


_UTF8 = Coding("utf-8-sig", "UTF-8")
_GB18030 = Coding("gb18030", "GB18030")
_UTF16 = Coding("utf-16", "UTF-16", "replace")  # surrogateescape cannot stand for 16-bit units


def mend(text: str) -> str:
    """Return ``text`` with what could not be decoded shown as U+FFFD."""
    return _LOST.sub("\ufffd", text)


def find_coding(path: Path) -> Coding:
    """Return the encoding of a text file: UTF-8, UTF-16 with a mark, or GB18030.

    A file with a few bad bytes keeps the encoding that most of its lines have.
    Raises TableError for NUL bytes outside UTF-16.
    """
    with path.open("rb") as stream:
        if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return _UTF16
        stream.seek(0)
        marked = stream.read(3) == codecs.BOM_UTF8
        stream.seek(0)
        if _is_utf8(path, iter(lambda: stream.read(_BLOCK), b"")) or marked:
            return _UTF8
        stream.seek(0)
        return _judge_by_majority(iter(lambda: stream.readline(_BLOCK), b""))


def _is_utf8(path: Path, blocks: Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid = True
    lines = 1
    for block in blocks:
        if (place := block.find(b"\0")) >= 0:
            lines += block.count(b"\n", 0, place)
            raise TableError(path, f"has NUL bytes (line {lines}), so it is no text", "save it as CSV UTF-8")
        lines += block.count(b"\n")
        valid = valid and _decodes(decoder, block)
    return valid and _decodes(decoder, b"", final=True)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _judge_by_majority(lines: Iterator[bytes]) -> Coding:
    total = in_utf8 = 0
    for line in lines:
        if not line.isascii():
            total += 1
            in_utf8 += _decodes(codecs.getincrementaldecoder("utf-8")(), line, final=True)
    # GB18030 is hardly ever valid UTF-8 by chance, so half the lines are proof enough.
    return _UTF8 if in_utf8 * 2 >= total else _GB18030


def open_text(path: Path, coding: Coding) -> TextIO:
    """Open ``path`` for reading with its line ends as they are."""
    return path.open("r", encoding=coding.name, errors=coding.errors, newline="")


def read_lines(path: Path, stream: TextIO) -> Iterator[str]:
    """Yield the lines of ``stream`` with their ends. Raises TableError for an endless one."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise TableError(path, f"line {number} is longer than {LONGEST_LINE:,} characters")
        yield line
