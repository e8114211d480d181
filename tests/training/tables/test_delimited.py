"""CSV, JSON lines and plain text, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fenban.training.tables.cases import BadRow, Row, open_table

if TYPE_CHECKING:
    from pathlib import Path

    pass


def write_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    return write_bytes(path, text.encode(encoding))


def rows_of(path: Path) -> list[Row | BadRow]:
    with open_table(path) as table:
        return list(table)


def good(path: Path) -> list[tuple[int, list[object]]]:
    return [(row.number, list(row.values.values())) for row in rows_of(path) if isinstance(row, Row)]


def bad(path: Path) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in rows_of(path) if isinstance(row, BadRow)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_in_every_encoding_separator_and_line_end(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    lines = ["内容,承办单位", "路灯不亮，请修,甲局", '"写着""停""字",乙局']
    text = end.join(line.replace(",", delimiter) for line in lines) + end
    path = write_csv(tmp_path / "a.csv", text, encoding)
    assert good(path) == [(2, ["路灯不亮，请修", "甲局"]), (3, ['写着"停"字', "乙局"])]


def test_gb18030_beyond_gbk(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容\n𠮷祥路积水\n", "gb18030")
    assert good(path) == [(2, ["𠮷祥路积水"])]


def test_row_numbers_are_physical_lines(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", '\n内容,单位\n"一\n二\n三",甲\n\n , \n四,乙\n"五\r\n六",丙\n')
    assert good(path) == [(3, ["一\n二\n三", "甲"]), (8, ["四", "乙"]), (9, ["五\r\n六", "丙"])]


def test_short_rows_are_filled_and_blank_surplus_is_ignored(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容,单位\n井盖松动\n路面破损,甲,, \n")
    assert good(path) == [(2, ["井盖松动", ""]), (3, ["路面破损", "甲"])]


def test_a_row_with_more_cells_than_the_header_is_bad(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容,单位\n一,甲,多\n二,乙\n")
    assert bad(path) == [(2, "3 cells, but the header has 2")]
    row = rows_of(path)[0]
    assert row.values == {"内容": "一", "单位": "甲", "column 3": "多"}
    assert good(path) == [(3, ["二", "乙"])]


def test_a_cell_of_a_hundred_thousand_characters(tmp_path: Path) -> None:
    long = "长" * 100_000
    assert good(write_csv(tmp_path / "a.csv", f"内容,单位\n{long},甲\n")) == [(2, [long, "甲"])]


@pytest.mark.parametrize("tail", ["", "\n"])
def test_a_quote_never_closed_costs_only_its_line(tmp_path: Path, tail: str) -> None:
    path = write_csv(tmp_path / "a.csv", '内容,单位\n一,甲\n"二,乙\n三,丙\n四,丁' + tail)
    assert good(path) == [(2, ["一", "甲"]), (4, ["三", "丙"]), (5, ["四", "丁"])]
    assert [number for number, _ in bad(path)] == [3]


def test_a_stray_quote_does_not_swallow_rows_up_to_the_next_one(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", '内容,单位\n"一,甲\n二,乙\n"三",丙\n四,丁\n')
    assert good(path) == [(3, ["二", "乙"]), (4, ["三", "丙"]), (5, ["四", "丁"])]
    assert [number for number, _ in bad(path)] == [2]


def test_the_rest_of_a_broken_cell_is_not_taken_for_a_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", '内容,单位\n一,甲\n"二\n三\n')
    assert good(path) == [(2, ["一", "甲"])]
    assert [number for number, _ in bad(path)] == [3, 4]


def test_text_after_a_closing_quote_is_forgiven(tmp_path: Path) -> None:
    assert good(write_csv(tmp_path / "a.csv", '内容,单位\n"好"他说,甲\n')) == [(2, ["好他说", "甲"])]


def test_undecodable_bytes_cost_only_their_row(tmp_path: Path) -> None:
    content = "内容,单位\n路灯,甲\n积".encode() + b"\xff\xfe" + "水,乙\n井盖,丙\n".encode()
    path = write_bytes(tmp_path / "a.csv", content)
    assert good(path) == [(2, ["路灯", "甲"]), (4, ["井盖", "丙"])]
    row = rows_of(path)[1]
    assert isinstance(row, BadRow)
    assert (row.number, row.column) == (3, "内容")
    assert "UTF-8" in row.reason
    assert row.values["内容"] == "积\ufffd\ufffd水"


def test_undecodable_bytes_in_gb18030(tmp_path: Path) -> None:
    content = "内容,单位\n路灯,甲\n积水".encode("gb18030") + b"\xff" + ",乙\n井盖,丙\n".encode("gb18030")
    path = write_bytes(tmp_path / "a.csv", content)
    assert good(path) == [(2, ["路灯", "甲"]), (4, ["井盖", "丙"])]
    assert bad(path) == [(3, "bytes that are not valid GB18030")]


def test_a_byte_order_mark_outweighs_bad_lines(tmp_path: Path) -> None:
    content = "\ufeff内容\n路灯\n".encode() + "积水\n".encode("gbk") * 5
    path = write_bytes(tmp_path / "a.csv", content)
    assert good(path) == [(2, ["路灯"])]
    assert len(bad(path)) == 5


def test_undecodable_units_in_utf16(tmp_path: Path) -> None:
    content = "内容\n一\n".encode("utf-16") + b"\x00\xd8" + "二\n三\n".encode("utf-16-le")
    path = write_bytes(tmp_path / "a.csv", content)
    assert [values for _, values in good(path)] == [["一"], ["三"]]
    assert [number for number, _ in bad(path)] == [3]


def test_blank_and_repeated_headers_get_names(tmp_path: Path) -> None:
    with open_table(write_csv(tmp_path / "a.csv", "内容,,内容,单位\n一,二,三,四\n")) as table:
        assert table.headers == ("内容", "column 2", "内容 (2)", "单位")


def test_separators_inside_texts_do_not_decide(tmp_path: Path) -> None:
    rows = "".join(f"{i};一，二,三,四,五\n" for i in range(9))
    assert good(write_csv(tmp_path / "a.csv", "编号;内容\n" + rows))[0] == (2, ["0", "一，二,三,四,五"])


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        '\ufeff{"text": "路灯不亮", "n": 3}',
        "",
        "{broken",
        "[1]",
        '{"text": "积水", "单位": ["甲", "乙"]}',
        '{"text": "\\ud83d"}',
        "[" * 100_000,
    ]
    path = write_csv(tmp_path / "a.jsonl", "\n".join(lines))
    with open_table(path) as table:
        assert table.headers == ("text", "n", "单位")
        rows = list(table)
    assert [row.number for row in rows] == [1, 3, 4, 5, 6, 7]
    assert [type(row) for row in rows] == [Row, BadRow, BadRow, Row, BadRow, BadRow]
    assert rows[3].values == {"text": "积水", "单位": ["甲", "乙"]}
    reasons = [row.reason for row in rows if isinstance(row, BadRow)]
    assert reasons[0].startswith("not valid JSON: ")
    assert reasons[1] == "not a JSON object"
    assert "surrogate" in reasons[2]


def test_plain_text_one_a_line(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "a.txt", "路灯不亮\r\n\r\n  积水 \n".encode("gb18030"))
    assert good(path) == [(1, ["路灯不亮"]), (3, ["积水"])]


def test_undecodable_line_of_text(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "a.txt", "路灯\n井盖\n".encode() + b"\xff\n")
    assert good(path) == [(1, ["路灯"]), (2, ["井盖"])]
    assert [number for number, _ in bad(path)] == [3]
