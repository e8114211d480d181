"""Finding columns by known headers and by a MAP.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fenban.model.errors import InputError
from fenban.training.tables.columns import (
    FIELDS,
    KNOWN_HEADERS,
    ColumnMap,
    NamedColumns,
    fold_header,
    list_headers,
    read_column_map,
)

if TYPE_CHECKING:
    from pathlib import Path

SINGLE = [(field, entry[0]) for field, entries in KNOWN_HEADERS.items() for entry in entries]


@pytest.mark.parametrize(("field", "header"), SINGLE)
def test_every_known_header_is_found(field: str, header: str) -> None:
    columns = ColumnMap.find(["编号", header])
    assert dict(columns.headers) == {field: (header,)}
    assert columns.header(field) == header


@pytest.mark.parametrize("header", [" 诉求内容 ", "訴求內容", "\ufeff诉求内容", "TEXT", "ｔｅｘｔ", "\ttext"])
def test_headers_are_compared_folded_but_kept_as_written(header: str) -> None:
    assert ColumnMap.find([header]).header("text") == header


@pytest.mark.parametrize(
    ("headers", "field", "found"),
    [
        (["正文", "内容"], "text", ("内容",)),
        (["text", "问题", "诉求内容"], "text", ("诉求内容",)),
        (["单位", "主办单位"], "lead_unit", ("主办单位",)),
        (["行业分类1级", "主题"], "topic", ("主题",)),
        (["二级分类", "一级分类"], "topic", ("一级分类", "二级分类")),
        (["一级分类"], "topic", ("一级分类",)),
        (["行业分类2级", "行业分类1级", "行业分类3级"], "topic", ("行业分类1级", "行业分类2级")),
        (["受理时间", "留言时间"], "received_at", ("受理时间",)),
    ],
)
def test_of_several_headers_the_first_of_the_table_is_taken(
    headers: list[str], field: str, found: tuple[str, ...]
) -> None:
    assert ColumnMap.find(headers).headers[field] == found


def test_a_second_level_alone_is_no_topic() -> None:
    assert ColumnMap.find(["二级分类", "行业分类2级", "text"]).header("topic") is None


def test_unknown_headers_give_no_columns() -> None:
    assert not ColumnMap.find(["甲", "乙", ""]).headers


def test_named_columns_go_first_and_are_taken_once() -> None:
    named = NamedColumns("map.toml", {"title": ("内容",), "topic": ("大类", "小类", "细类")})
    columns = ColumnMap.find(["内容", "正文", "小类", "大类", "细类", "主题"], named)
    assert columns.headers == {"title": ("内容",), "text": ("正文",), "topic": ("大类", "小类")}


def test_a_named_header_that_the_file_lacks_is_an_error_naming_everything() -> None:
    named = NamedColumns("map.toml", {"text": ("详情",)})
    with pytest.raises(InputError) as caught:
        ColumnMap.find(["编号", "内容"], named, "orders.csv")
    for part in ("orders.csv", "map.toml", "详情", "text", "编号, 内容"):
        assert part in str(caught.value)


def test_headers_in_messages_stay_one_short_line() -> None:
    shown = list_headers(["长" * 100, "两\n行", *(f"h{i}" for i in range(50))])
    assert "\n" not in shown
    assert len(shown) < 300
    assert shown.endswith("and 32 more")
    assert list_headers([]) == "(none)"


def test_folding_is_idempotent() -> None:
    for _, header in SINGLE:
        assert fold_header(fold_header(header)) == fold_header(header)


def test_read_column_map(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('[columns]\ntext = "诉求"\ntopic = ["大类", "小类"]\n', encoding="utf-8-sig")
    named = read_column_map(path)
    assert named.source == str(path)
    assert named.headers == {"text": ("诉求",), "topic": ("大类", "小类")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[columns]\ntxt = "诉求"\n', ["txt", "诉求", *FIELDS]),
        ('text = "诉求"\n', ["[columns]"]),
        ("columns = 3\n", ["[columns]"]),
        ("[columns]\ntext = 3\n", ["text", "3"]),
        ('[columns]\ntext = " "\n', ["text"]),
        ("[columns]\ntopic = []\n", ["topic"]),
        ('[columns]\ntopic = ["大类", 2]\n', ["topic"]),
        ('[columns]\ntext = ["甲", "乙"]\n', ["text", "one header"]),
        ("[columns\n", ["TOML"]),
    ],
)
def test_a_wrong_map_is_an_input_error(tmp_path: Path, content: str, said: list[str]) -> None:
    path = tmp_path / "map.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_column_map(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert all(part in message for part in said)


def test_a_map_that_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_column_map(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes('[columns]\ntext = "诉求"'.encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        read_column_map(tmp_path / "gbk.toml")
