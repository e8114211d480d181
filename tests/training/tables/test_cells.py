"""What single cells mean."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.training.tables.cells import as_count, as_date, as_text, as_topic, as_units


@pytest.mark.parametrize(
    "written",
    [
        "2018-04-01",
        "2018/4/1",
        "2018.4.1",
        "2018/4/1 9:32:09",
        "2018-04-01 09:32",
        "20180401",
        "20180401093209",
        "2018年4月1日",
        "2018年04月01日9时32分",
        "2018 年 4 月 1 日 星期日",
        "2018-04-01（周日）",
        "2018-04-01T09:32:09",
        "2018-04-01T09:32:09.123+08:00",
        "2018-04-01T01:32:09Z",
        "20180401T093209Z",
        "２０１８－０４－０１",
        "2018-04-01 上午9:32",
        " 2018-04-01 ",
        "43191",
        "43191.3972",
        43191,
        20180401,
        dt.date(2018, 4, 1),
        dt.datetime(2018, 4, 1, 9, 32),
    ],
)
def test_dates(written: object) -> None:
    found = as_date(written)
    assert found == dt.date(2018, 4, 1)
    assert not isinstance(found, dt.datetime)


@pytest.mark.parametrize(
    "written",
    ["", None, "昨天", "2018-13-01", "2018-02-30", "0018-04-01", "2018-04", "2018-04-012", "3", True],
)
def test_what_is_no_date(written: object) -> None:
    assert as_date(written) is None


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("3", 3),
        (3, 3),
        (3.0, 3),
        ("3.0", 3),
        ("３次", 3),
        ("0", 0),
        ("-1", None),
        ("三", None),
        ("1.5", None),
    ],
)
def test_counts(written: object, count: int | None) -> None:
    assert as_count(written) == count


def test_units_are_split_and_kept_once() -> None:
    assert as_units("甲局、乙局，丙局,丁局；戊局;己局|庚局 辛局\n甲局") == tuple(
        "甲乙丙丁戊己庚辛"[i] + "局" for i in range(8)
    )
    assert as_units(["甲局", "乙局、丙局"]) == ("甲局", "乙局", "丙局")
    assert as_units(None) == as_units(" 、") == ()


@pytest.mark.parametrize(
    ("levels", "topic"),
    [
        (["交通/公交"], "交通/公交"),
        (["交通/公交/线路"], "交通/公交"),
        ([" 交通 / 公交 "], "交通/公交"),
        (["交通", "公交"], "交通/公交"),
        (["交通", ""], "交通"),
        (["交通", None], "交通"),
        (["", "公交"], None),
        ([["交通", "公交"]], "交通/公交"),
        ([None], None),
        (["/"], None),
        ([], None),
    ],
)
def test_topics(levels: list[object], topic: str | None) -> None:
    assert as_topic(levels) == topic


def test_text_of_json_values() -> None:
    values = [" 甲\0 ", 3, 2.0, 2.5, True, None, float("nan"), ["甲", None, 3], {"a": "甲"}]
    assert [as_text(v) for v in values] == ["甲", "3", "2", "2.5", "true", "", "", "甲、3", '{"a": "甲"}']
