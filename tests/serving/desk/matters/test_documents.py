"""Documents dropped onto the page: what is read, in which order, and what is refused with what advice."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from fenban.serving.desk.matters import documents
from fenban.serving.desk.matters.documents import UnreadableDocumentError, read_document

TEXT = "青秀区民族大道的路灯三天没亮了，晚上看不清路。"


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return stream.getvalue()


def refused(content: bytes, name: str = "") -> str:
    with pytest.raises(UnreadableDocumentError) as error:
        read_document(content, name)
    return error.value.reason


def test_paragraphs_and_tables_come_in_order_without_headers() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "内部资料"
    document.add_paragraph("候车亭没有遮阳棚。")
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "地点", "青秀区"
    table.cell(1, 0).merge(table.cell(1, 1)).text = "老人站着等车"
    document.add_paragraph("请加装座椅。")
    read = read_document(saved(document))
    assert read.kind == "docx"
    assert read.title == ""
    assert read.text == "候车亭没有遮阳棚。\n地点　青秀区\n老人站着等车\n请加装座椅。"


def test_a_table_inside_a_cell_is_read_once() -> None:
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    cell.text = "外层。"
    cell.add_table(1, 2).cell(0, 1).text = "里层。"
    document.add_paragraph("之后。")
    assert read_document(saved(document)).text == "外层。 里层。\n之后。"


def test_insertions_and_controls_are_read_and_deletions_are_not() -> None:
    document = docx.Document()
    body = document.element.body
    namespaces = nsdecls("w")
    inserted = (
        f'<w:p {namespaces}><w:r><w:t>路灯</w:t></w:r><w:ins w:id="1"><w:r><w:t>不亮</w:t></w:r></w:ins>'
        '<w:del w:id="2"><w:r><w:delText>太亮</w:delText></w:r></w:del>'
        '<w:moveFrom w:id="3"><w:r><w:t>原来在这</w:t></w:r></w:moveFrom>'
        "<w:r><w:tab/><w:t>三天了。</w:t><w:br/><w:t>请修</w:t></w:r></w:p>"
    )
    control = (
        f"<w:sdt {namespaces}><w:sdtContent>"
        "<w:p><w:r><w:t>民族大道口。</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    for position, xml in enumerate((inserted, control)):
        body.insert(position, parse_xml(xml))
    assert read_document(saved(document)).text == "路灯不亮 三天了。\n请修\n民族大道口。"


@pytest.mark.parametrize("style", ["Title", "Heading 1"])
def test_a_styled_title_is_the_title(style: str) -> None:
    document = docx.Document()
    document.add_paragraph("南宁市政协提案纸。")
    document.add_paragraph("关于给候车亭加装座椅的提案", style)
    document.add_paragraph("老人站着等车。")
    read = read_document(saved(document))
    assert read.title == "关于给候车亭加装座椅的提案"
    assert read.text == "南宁市政协提案纸。\n老人站着等车。"


def test_a_labelled_title_is_the_title_even_in_a_table() -> None:
    document = docx.Document()
    document.add_paragraph("提案表")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "案 由", "加装座椅"
    document.add_paragraph("老人站着等车。")
    read = read_document(saved(document))
    assert (read.title, read.text) == ("加装座椅", "提案表\n老人站着等车。")
    assert read_document(f"提案\n案由：加装座椅\n{TEXT}".encode()).title == "加装座椅"


def test_a_short_first_line_is_the_title_but_a_sentence_is_not() -> None:
    assert read_document(f"路灯不亮\n\n\n\n{TEXT}".encode()).title == "路灯不亮"
    assert read_document(f"{TEXT}\n请尽快修。".encode()).title == ""
    assert read_document("路灯不亮".encode()).text == "路灯不亮"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_text(encoding: str) -> None:
    content = f"{TEXT}\r\n电话打了3次，OK。".encode(encoding)
    assert read_document(content, "x.txt").text == f"{TEXT}\n电话打了3次，OK。"
    assert read_document(content).kind == "txt"


def test_text_that_begins_like_an_archive_is_text() -> None:
    assert read_document("PK赛场噪音太大，睡不着。".encode()).text.startswith("PK赛场")


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "空的"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "旧版 Word"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"%PDF-1.7", "PDF"),
        (b"{\\rtf1 x}", "RTF"),
        (b"\x89PNG\r\n", "图片"),
        (b"\x80\x81\x82\xff\xff\xff", "编码"),
        (b"abc\x00\x00\x00\x01\x02", "编码"),
        ("  \n　\n".encode(), "没有文字"),
        (b"PK\x03\x04 broken", "损坏"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, advice: str) -> None:
    assert advice in refused(content)


def test_a_docx_that_is_none_says_so() -> None:
    assert "损坏" in refused(b"hello", "提案.docx")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    assert "Excel" in refused(stream.getvalue())
    whole = saved(docx.Document())
    assert "损坏" in refused(whole[: len(whole) // 2])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<w:document")
    assert "损坏" in refused(stream.getvalue())


def test_bombs_are_not_unpacked() -> None:
    bomb = with_part(
        saved(docx.Document()), "word/media/image1.png", b"\0" * (documents.LARGEST_UNPACKED + 1)
    )
    assert len(bomb) < documents.LARGEST_FILE
    assert "太大" in refused(bomb)
    many = saved(docx.Document())
    stream = io.BytesIO(many)
    with zipfile.ZipFile(stream, "a") as archive:
        for number in range(documents.MOST_PARTS):
            archive.writestr(f"x/{number}", b"")
    assert "太大" in refused(stream.getvalue())


def test_a_document_that_declares_entities_is_refused() -> None:
    content = saved(docx.Document())
    stream, out = io.BytesIO(content), io.BytesIO()
    xml = (
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "yyyy">]>'
        f"<w:document {nsdecls('w')}><w:body>"
        "<w:p><w:r><w:t>路灯&x;&y;坏了</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w") as target:
        for part in source.namelist():
            target.writestr(part, xml if part == "word/document.xml" else source.read(part))
    assert "损坏" in refused(out.getvalue())


def test_limits_of_size_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST_FILE", 100)
    assert "MB" in refused(b"x" * 101)
    monkeypatch.setattr(documents, "LONGEST_TEXT", 10)
    assert "万字" in refused(TEXT.encode())


def with_body(body: str) -> bytes:
    """A document whose text part has this between the tags of its body."""
    whole = f"<w:document {nsdecls('w')}><w:body>{body}</w:body></w:document>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", whole)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<w:p/>" * 4_500_000, "超过 2 万段"),
        ("<w:p>" + "<w:r/>" * 600_000 + "</w:p>", "超过 50 万个元素"),
        ("<w:p><w:r><w:t>" + "路" * 1_000_001 + "</w:t></w:r></w:p>", "超过 100 万字"),
        ("<w:sdt>" * 300 + "</w:sdt>" * 300, "超过 200 层"),
        ("<w:tbl>" + "<w:tr><w:tc/></w:tr>" * 25_000 + "</w:tbl>", "超过 2 万段"),
    ],
    ids=["empty paragraphs", "elements", "characters", "depth", "rows of a table"],
)
def test_a_document_made_to_cost_much_is_refused_early_and_says_the_limit(body: str, said: str) -> None:
    content = with_body(body)
    assert len(content) < 100_000
    began = time.process_time()
    assert said in refused(content)
    assert time.process_time() - began < 4
    tracemalloc.start()
    refused(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64_000_000


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x85"])
def test_a_text_of_nothing_but_lines_is_refused_before_they_are_built(end: str) -> None:
    content = (end * (7_000_000 // len(end.encode()))).encode()
    began = time.process_time()
    assert "超过 2 万行" in refused(content)
    assert time.process_time() - began < 1


def test_a_document_of_a_few_thousand_paragraphs_is_read() -> None:
    body = "<w:p><w:r><w:t>路灯坏了，</w:t></w:r><w:r><w:t>请修。</w:t></w:r></w:p>" * 5000
    assert read_document(with_body(body)).text.count("请修。") == 5000


def test_both_namespaces_of_word_are_read() -> None:
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    line = "<a:p><a:r><a:t>路灯坏了。</a:t></a:r></a:p>"
    content = f'<a:document xmlns:a="{strict}"><a:body>{line}</a:body></a:document>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", content)
    assert read_document(stream.getvalue()).text == "路灯坏了。"
