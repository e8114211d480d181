"""The lines of a Word document, read as its XML streams by: no tree is built, and much is too much early.

Headers, footers, comments and deleted text lie elsewhere or are passed over; the cells of a table come
row by row. Only local names count, so that both namespaces of Office Open XML are understood.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

from fenban.model import FenbanError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ELEMENTS = 500_000  # a book of 500 pages has about 200,000
MOST_LINES = 20_000
MOST_CHARACTERS = 1_000_000  # before blanks are taken out
DEEPEST = 200  # elements within one another
_BLOCK = 1 << 16
_INSTEAD = "请只复制需要的文字，粘贴到正文"
_DOCUMENT, _STYLES = "word/document.xml", "word/styles.xml"
# text moved elsewhere, the copy of a drawing for old versions, and codes of fields are not what is read
_UNREAD = frozenset({"moveFrom", "del", "Fallback", "instrText", "pPr", "rPr"})
_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TITLES = frozenset({"title", "heading 1", "标题"})
_DAMAGE = (
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,
)


class WordLimitError(FenbanError):
    """A document breaks a limit; ``reason`` says in Chinese which."""

    def __init__(self, reason: str) -> None:
        super().__init__("the document breaks a limit")
        self.reason = reason


class WordDamageError(FenbanError):
    """A document is no XML, or declares what no office program writes."""


@dataclass(frozen=True, slots=True)
class WordText:
    """The lines of a document, and the first that is styled as its title or first heading."""

    lines: list[str]
    heading: str


def read_word(archive: zipfile.ZipFile) -> WordText:
    """Read the text of a .docx.

    Raises:
        WordLimitError: more elements, lines or characters than a document for people has.
        WordDamageError: it cannot be read.
    """
    try:
        styles = _Styles()
        if _STYLES in archive.namelist():
            _parse(archive, _STYLES, styles.start, lambda name: None, lambda text: None)
        body = _Body(styles.names)
        _parse(archive, _DOCUMENT, body.start, body.end, body.text)
    except _DAMAGE as error:
        raise WordDamageError("the document is damaged") from error
    return WordText(body.lines, body.heading)


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = count = 0

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if count > MOST_ELEMENTS:
            raise WordLimitError(f"文档太复杂（超过 {MOST_ELEMENTS // 10_000} 万个元素）。{_INSTEAD}")
        if depth > DEEPEST:
            raise WordLimitError(f"文档嵌套太深（超过 {DEEPEST} 层）。{_INSTEAD}")
        start(name.rpartition(" ")[2], attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(" ")[2])

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)
    parser.Parse(b"", True)


def _refuse_document_type(*_: object) -> NoReturn:
    raise WordDamageError("the document declares a document type")


def _value(attributes: dict[str, str], wanted: str) -> str:
    return next((value for name, value in attributes.items() if name.rpartition(" ")[2] == wanted), "")


class _Styles:
    """Takes the names of the styles by their ids."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._style = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = _value(attributes, "styleId")
        elif name == "name" and self._style:
            self.names.setdefault(self._style, _value(attributes, "val"))


class _Body:
    """Takes the lines of a document as its elements begin and end.

    For each open element there is a mode: what its children mean there. ``block`` holds paragraphs and
    tables, ``paragraph`` and ``cell`` text, ``table`` rows and ``row`` cells; ``properties`` are those
    of a paragraph of the text itself, ``said`` is a run of text, and ``unread`` passes over.
    """

    def __init__(self, styles: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.heading = ""
        self._styles = styles
        self._modes = ["outside"]
        self._pieces: list[str] = []
        self._cells: list[str] = []
        self._style = ""
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._modes.append(self._mode_of(self._modes[-1], name, attributes))

    def _mode_of(self, outer: str, name: str, attributes: dict[str, str]) -> str:
        if outer in ("paragraph", "inner", "cell"):
            return self._within_text(outer, name)
        if outer == "properties" and name == "pStyle":
            self._style = self._style or _value(attributes, "val")
        if outer in ("properties", "unread", "said") or name in _UNREAD:
            return "unread"
        if outer == "outside":
            return "block" if name == "body" else "outside"
        return self._within_block(name) if outer == "block" else self._within_table(outer, name)

    def _within_block(self, name: str) -> str:
        if name != "p":
            return "table" if name == "tbl" else "block"
        self._pieces, self._style = [], ""
        return "paragraph"

    def _within_text(self, mode: str, name: str) -> str:
        if name == "t":
            return "said"
        if name == "pPr" and mode == "paragraph":
            return "properties"
        if name in _UNREAD:
            return "unread"
        if name in _SIGNS:
            self._take(_SIGNS[name])
            return "unread"
        if name in ("p", "tbl"):  # a text box, or a paragraph of a cell
            self._take("\n")
        return "inner"

    def _within_table(self, mode: str, name: str) -> str:
        if name == "tbl":
            return "unread"
        if mode == "table":
            if name != "tr":
                return "table"
            self._cells = []
            return "row"
        if name != "tc":
            return "row part"
        self._pieces = []
        return "cell"

    def text(self, text: str) -> None:
        if self._modes[-1] == "said":
            self._take(text)

    def _take(self, piece: str) -> None:
        self._characters += len(piece)
        if self._characters > MOST_CHARACTERS:
            raise WordLimitError(f"文字连同空格超过 {MOST_CHARACTERS // 10_000} 万字，请只粘贴需要的部分")
        self._pieces.append(piece)

    def end(self, _name: str) -> None:
        mode = self._modes.pop()
        if mode == "paragraph":
            self._add("".join(self._pieces).split("\n"))
        elif mode == "cell":
            self._cells.append(" ".join("".join(self._pieces).split()))
        elif mode == "row":
            self._add(["\t".join(cell for cell in self._cells if cell)])

    def _add(self, found: list[str]) -> None:
        if not self.heading and self._styles.get(self._style, "").lower() in _TITLES:
            self.heading = found[0]
        self._style = ""
        self.lines += found
        if len(self.lines) > MOST_LINES:
            raise WordLimitError(f"文档超过 {MOST_LINES // 10_000} 万段，请只粘贴需要的部分")
