"""Reading what is dropped onto the page: Word documents (.docx) and plain text. Nothing is kept."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Literal

from fenban.model import FenbanError

from .word import MOST_LINES, WordDamageError, WordLimitError, WordText, read_word

LARGEST_FILE = 8 * 1024 * 1024  # bytes as sent
LARGEST_UNPACKED = 64 * 1024 * 1024  # bytes of all parts together
LARGEST_TEXT_PART = 32 * 1024 * 1024
MOST_PARTS = 2000
LONGEST_TEXT = 200_000  # characters read of one document
LONGEST_TITLE = 60  # characters; a longer first line is the beginning of the text
_TITLE_LABEL = re.compile(r"(?:案\s*由|标\s*题|题\s*目|主\s*题|事\s*由)\s*[:：]\s*(\S.*)")
_TITLE_CELL = re.compile(r"(?:案\s*由|标\s*题|题\s*目|主\s*题|事\s*由)\s*[:：]?")
_SENTENCE_END = tuple("。！？；，、：.!?;,:")
_BLANKS = re.compile(r"[ \u00a0\u3000]+")
_MANY_LINES = re.compile(r"\n{3,}")
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # where str.splitlines parts


class UnreadableDocumentError(FenbanError):
    """A document cannot be read; ``reason`` says in Chinese why, and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__("the document cannot be read")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says: its title where it has one, and the text without it."""

    title: str
    text: str
    kind: Literal["docx", "txt"]


def read_document(content: bytes, name: str = "") -> Document:
    """Read a document by its content; the name only helps to say what is wrong.

    Headers and footers, comments and deleted text are left out; the cells of a table come row by row.

    Raises:
        UnreadableDocumentError: it is no such document, locked, damaged, too large or empty.
    """
    if not content:
        raise UnreadableDocumentError("文件是空的")
    if len(content) > LARGEST_FILE:
        raise UnreadableDocumentError(f"文件超过 {LARGEST_FILE >> 20} MB，请只粘贴需要的内容")
    if content.startswith(_OLE):
        raise UnreadableDocumentError(_explain_ole(content))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        word = _read_word(content)
        return _make_document(word.lines, word.heading, "docx")
    _refuse_other_kinds(content, name)
    return _make_document(_split_lines(_decode(content)), "", "txt")


def _explain_ole(content: bytes) -> str:
    if _ENCRYPTED in content:
        return "文档有密码。请在 Word 或 WPS 中打开，去掉密码后再另存为 .docx"
    return "这是旧版 Word 文档（.doc）。请在 Word 或 WPS 中打开，另存为 .docx 后再拖入"


def _refuse_other_kinds(content: bytes, name: str) -> None:
    if content.startswith(b"%PDF"):
        raise UnreadableDocumentError("读不了 PDF。请打开后复制文字，粘贴到正文")
    if content.startswith(b"{\\rtf"):
        raise UnreadableDocumentError("读不了 RTF。请在 Word 或 WPS 中打开，另存为 .docx 后再拖入")
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM6")):
        raise UnreadableDocumentError("这是图片，读不出文字。请把文字录入正文")
    if name.lower().endswith(".docx"):
        raise UnreadableDocumentError("文件已损坏，不是 Word 文档。请重新保存或重新下载")


def _decode(content: bytes) -> str:
    """Decode as UTF-8 or UTF-16 (by mark, or by the zeros of its ASCII), else as GB18030."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in content[:4096]:
        zeros_first = content[0:4096:2].count(0) > content[1:4096:2].count(0)
        candidates = ["utf-16-be" if zeros_first else "utf-16-le"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for name in candidates:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f\ufffe\uffff]", text):
            return text
    raise UnreadableDocumentError("不是文本文件，或文字编码不认识。请另存为 UTF-8 编码的 .txt，或直接粘贴")


def _read_word(content: bytes) -> WordText:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            return read_word(archive)
    except WordLimitError as error:
        raise UnreadableDocumentError(error.reason) from error
    except WordDamageError as error:
        raise UnreadableDocumentError("Word 文档已损坏。请用 Word 或 WPS 打开，重新保存后再拖入") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableDocumentError("文件已损坏或没有下载完整。请重新保存后再拖入") from error


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableDocumentError("压缩包有密码，读不了。请去掉密码")
    if "word/document.xml" not in names:
        other = {"xl/workbook.xml": "Excel 表格", "ppt/presentation.xml": "PowerPoint 演示文稿"}
        kind = next((kind for part, kind in other.items() if part in names), "压缩包")
        raise UnreadableDocumentError(f"这是{kind}，不是 Word 文档。请另存为 .docx，或直接粘贴文字")
    largest_text = max(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED or largest_text > LARGEST_TEXT_PART:
        raise UnreadableDocumentError(
            f"文档解开后太大（超过 {LARGEST_UNPACKED >> 20} MB）。请只复制需要的文字，粘贴到正文"
        )


def _split_lines(text: str) -> list[str]:
    if sum(text.count(end) for end in _LINE_ENDS) > MOST_LINES:
        raise UnreadableDocumentError(f"文件超过 {MOST_LINES // 10_000} 万行，请只粘贴需要的部分")
    return text.splitlines()


def _make_document(lines: list[str], heading: str, kind: Literal["docx", "txt"]) -> Document:
    cleaned = [_BLANKS.sub(" ", line).strip() for line in lines]
    title, cleaned = _take_title(cleaned, heading.strip())
    text = _MANY_LINES.sub("\n\n", "\n".join(line.replace("\t", "　") for line in cleaned)).strip()
    if not text and not title:
        raise UnreadableDocumentError("文件里没有文字。扫描件或图片里的文字请录入正文")
    if len(text) > LONGEST_TEXT:
        raise UnreadableDocumentError(f"文字超过 {LONGEST_TEXT // 10_000} 万字，请只粘贴需要的部分")
    return Document(title, text, kind)


def _take_title(lines: list[str], heading: str) -> tuple[str, list[str]]:
    """Return the title and the lines without it.

    The title is what is labelled so (案由：…), else what is styled so, else a short first line.
    """
    for position, line in enumerate(lines):
        labelled = _TITLE_LABEL.fullmatch(line) if len(line) <= LONGEST_TITLE * 4 else None
        if labelled and "\t" not in line:
            return labelled[1].strip(), lines[:position] + lines[position + 1 :]
        cells = line.split("\t")
        if len(cells) == 2 and _TITLE_CELL.fullmatch(cells[0].strip()):
            return cells[1].strip(), lines[:position] + lines[position + 1 :]
    filled = [line for line in lines if line]
    first = filled[0] if filled else ""
    if heading and heading in lines:
        position = lines.index(heading)
    elif (
        len(filled) > 1
        and len(first) <= LONGEST_TITLE
        and "\t" not in first
        and not first.endswith(_SENTENCE_END)
    ):
        position = lines.index(first)
    else:
        return "", lines
    return lines[position], lines[:position] + lines[position + 1 :]
