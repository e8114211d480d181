"""The topic scheme that ships with the package."""

from __future__ import annotations

from collections import defaultdict

import pytest

from fenban.model import shipped

REQUIRED = (
    "交通运输 公共安全 劳动工资 水利 住房物业 城乡建设 市政公用 城市管理 生态环境 教育 卫生健康 社会保障 "
    "民政养老 农业农村 自然资源 市场监管 商贸旅游 产业发展 边境口岸 通信网络 文化体育 政务服务"
).split()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return shipped.table("topics.csv")


def test_the_first_levels(rows: list[dict[str, str]]) -> None:
    assert list(dict.fromkeys(row["first"] for row in rows)) == REQUIRED


def test_three_to_eight_second_levels_each(rows: list[dict[str, str]]) -> None:
    seconds = defaultdict(list)
    for row in rows:
        seconds[row["first"]].append(row["second"])
    assert {first: len(names) for first, names in seconds.items() if not 3 <= len(names) <= 8} == {}
    for names in seconds.values():
        assert len(set(names)) == len(names)


def test_no_second_level_has_two_parents(rows: list[dict[str, str]]) -> None:
    names = [row["second"] for row in rows]
    assert len(set(names)) == len(names)


def test_names_can_stand_in_a_path(rows: list[dict[str, str]]) -> None:
    for row in rows:
        for name in (row["first"], row["second"]):
            assert name == name.strip()
            assert name
            assert "/" not in name


def test_definitions_are_one_line_and_unique(rows: list[dict[str, str]]) -> None:
    definitions = [row["definition"] for row in rows]
    assert len(set(definitions)) == len(definitions)
    for definition in definitions:
        assert 10 <= len(definition) <= 80, definition
        assert "\n" not in definition
    assert all(set(row) == {"first", "second", "definition"} for row in rows)
