"""Looking through an archive of XML parts (.xlsx, .docx) before anything in it is built in memory."""

from __future__ import annotations

import xml.parsers.expat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model import FenbanError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterable

_BLOCK = 1 << 16
MOST_DEPTH = 64  # of elements within one another; office programs nest a dozen
MOST_ELEMENTS = 5_000_000
_LONGEST_PROLOG = 1 << 20  # bytes before the first element; office programs write a hundred


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How many parts an archive may have, and how many bytes they may unpack to, singly and together."""

    parts: int
    part: int
    unpacked: int


class UnsafeArchiveError(FenbanError):
    """An archive breaks a limit, is locked, or declares a document type (the door to XML entities)."""


def check_archive(
    archive: zipfile.ZipFile, limits: ArchiveLimits, is_counted: Callable[[str], bool] = lambda name: True
) -> None:
    """Refuse an archive by its table of contents; a part never unpacks to more than it says there.

    Args:
        archive: opened.
        limits: for all parts together, and for each that ``is_counted`` accepts by its name.
        is_counted: whether a part will be read at all.

    Raises:
        UnsafeArchiveError: it breaks a limit.
    """
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise UnsafeArchiveError(f"has more than {limits.parts:,} parts")
    if any(part.flag_bits & 1 for part in parts):
        raise UnsafeArchiveError("has parts that are locked")
    if sum(part.file_size for part in parts) > limits.unpacked:
        raise UnsafeArchiveError(f"unpacks to more than {limits.unpacked >> 20} MB")
    for part in parts:
        if part.file_size > limits.part and is_counted(part.filename):
            raise UnsafeArchiveError(f"has a part of more than {limits.part >> 20} MB ({part.filename})")


def refuse_document_types(archive: zipfile.ZipFile, names: Iterable[str]) -> None:
    """Refuse XML parts that declare a document type: no office program writes one, and entities need it.

    Raises:
        UnsafeArchiveError: one does, or hides its beginning behind a megabyte of something else.
    """
    for name in names:
        with archive.open(name) as stream:
            _check_prolog(name, iter(lambda stream=stream: stream.read(_BLOCK), b""))  # type: ignore[misc]


def _check_prolog(name: str, blocks: Iterable[bytes]) -> None:
    parser = xml.parsers.expat.ParserCreate()
    begun: list[str] = []

    def refuse(*_: object) -> None:
        raise UnsafeArchiveError(f"declares a document type ({name})")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, _: begun.append(tag) if not begun else None
    seen = 0
    for block in blocks:
        try:
            parser.Parse(block, False)
        except xml.parsers.expat.ExpatError:
            return  # the reader says what is damaged; entities are known by then or never
        if begun:
            return
        seen += len(block)
        if seen > _LONGEST_PROLOG:
            raise UnsafeArchiveError(f"has no XML at the beginning of {name}")


def refuse_deep_parts(archive: zipfile.ZipFile, names: Iterable[str]) -> None:
    """Refuse XML parts that nest too deep, or hold too many elements together: readers build them all.

    Raises:
        UnsafeArchiveError: it breaks a limit.
    """
    depth = elements = 0

    def enter(tag: str, _: object) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MOST_DEPTH:
            raise UnsafeArchiveError(f"nests elements more than {MOST_DEPTH} deep")
        if elements > MOST_ELEMENTS:
            raise UnsafeArchiveError(f"has more than {MOST_ELEMENTS:,} elements")

    def leave(_: str) -> None:
        nonlocal depth
        depth -= 1

    for name in names:
        depth = 0
        parser = xml.parsers.expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = enter, leave
        with archive.open(name) as stream:
            try:
                while block := stream.read(_BLOCK):
                    parser.Parse(block, False)
            except xml.parsers.expat.ExpatError:
                continue  # the reader says what is damaged
