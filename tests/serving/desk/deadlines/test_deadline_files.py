"""A city's file of deadlines: what it may say, and errors that name file and key."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from fenban.model.errors import InputError
from fenban.serving.desk.deadlines.files import read_deadlines, shipped_deadlines
from fenban.serving.desk.deadlines.rules import Facts, Period

RULE = '[[rules]]\nname = "全部"\nanswer = { workdays = 7 }\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "时限.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_shipped_rule_has_a_name_and_a_reason_and_the_last_fits_all() -> None:
    rules = shipped_deadlines().rules
    assert all(rule.name and rule.reason for rule in rules)
    assert len({rule.name for rule in rules}) == len(rules)
    assert not rules[-1].conditions


def test_the_leads_manual_tells_the_shipped_deadlines() -> None:
    manual = (Path(__file__).parents[4] / "docs" / "lead.md").read_text("utf-8")
    rows = {line.split("|")[1].strip(): line for line in manual.splitlines() if line.startswith("| ")}
    for rule in shipped_deadlines().rules:
        told = rows[rule.name]
        periods = [rule.decide, rule.sign, rule.extension.most if rule.extension else None]
        for period in (rule.answer, *filter(None, periods)):
            assert str(period) in told
        assert ("交办后" in told) == (rule.counted_from == "decision")
        assert (f"，{rule.extension.times} 次" if rule.extension else "不能") in told


def test_a_file_of_rules_replaces_the_shipped_ones(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[[rules]]\nname = "咨询"\nform = "咨询"\nanswer = { workhours = 8 }\nnear = { hours = 2 }\n'
        "extension = { most = { days = 3 } }\n" + RULE,
    )
    read = read_deadlines(path)
    assert [rule.name for rule in read.rules] == ["咨询", "全部"]
    first = read.rule_for(Facts("complaint", form="咨询"))
    assert first is not None
    assert (first.answer, first.near) == (Period(8, "workhours"), Period(2, "hours"))
    assert first.extension is not None
    assert (first.extension.most, first.extension.times) == (Period(3, "days"), 1)
    assert first.sign is None


def test_a_calendar_alone_keeps_the_shipped_rules(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '\ufeff[calendar]\noff = ["2026-04-20", 2026-04-21]\n'
        'hours = [["08:00", "12:00"], ["15:00", "18:00"]]\n',
    )
    read = read_deadlines(path)
    assert read.rules == shipped_deadlines().rules
    assert not read.calendar.is_workday(dt.date(2026, 4, 21))
    assert read.calendar.hours[1] == (dt.time(15), dt.time(18))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rules = 3", "rules"),
        ("[calender]", "calender: unknown key"),
        ('[calendar]\noff = ["三月三"]', "calendar.off[1]"),
        ('[calendar]\noff = ["2026-04-20"]\nwork = ["2026-04-20"]', "2026-04-20"),
        ('[calendar]\nhours = [["18:00", "09:00"]]', "calendar.hours"),
        ('[calendar]\nhours = [["09:00", "13:00"], ["12:00", "18:00"]]', "calendar.hours"),
        ('[calendar]\nhours = "9-18"', "calendar.hours"),
        ("[calendar]\nhours = []", "calendar.hours"),
        ('[calendar]\nhours = [["nine", "18:00"]]', "calendar.hours"),
        ('[[rules]]\nname = "a"', "rules[1].answer: is missing"),
        ("[[rules]]\nanswer = { days = 1 }", "rules[1].name: is missing"),
        ("[[rules]]\nname = 3\nanswer = { days = 1 }", "rules[1].name"),
        (RULE + RULE, "rules[1] (全部): has no condition"),
        ('[[rules]]\nname = "a"\nanswer = 5', "rules[1].answer: must be one period"),
        ('[[rules]]\nname = "a"\nanswer = { weeks = 5 }', "rules[1].answer: must be one period"),
        ('[[rules]]\nname = "a"\nanswer = { days = 0 }', "rules[1].answer.days"),
        ('[[rules]]\nname = "a"\nanswer = { days = 1.5 }', "rules[1].answer.days"),
        ('[[rules]]\nname = "a"\nanswer = { days = 99999999 }', "rules[1].answer.days"),
        (RULE + "lanes = 'x'", "rules[1].lanes: unknown key"),
        (RULE + "form = 3", "rules[1].form"),
        (RULE + "kind = 'case'", "rules[1].kind"),
        (RULE + "reopened = 'yes'", "rules[1].reopened"),
        (RULE + "from = 'today'", "rules[1].from"),
        (RULE + "extension = 3", "rules[1].extension"),
        (RULE + "extension = { times = 2 }", "rules[1].extension.most"),
        (RULE + "extension = { most = { days = 2 }, times = 0 }", "rules[1].extension.times"),
        ("a = [", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_deadlines(path)
    assert str(error.value).startswith(f"{path}: ")
    assert named in str(error.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_deadlines(tmp_path / "missing.toml")
    path = tmp_path / "gbk.toml"
    path.write_bytes("name = '咨询'".encode("gb18030"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_deadlines(path)
