"""The gate: what is promoted, what is refused and why; then a whole retraining from the command line."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pytest

from fenban.model.case import Case, Submission
from fenban.model.directory import Directory, Function, Unit
from fenban.model.errors import TrainingError
from fenban.model.router import Router
from fenban.serving.cli.main import main
from fenban.training.directory.growing import add_named_units, fill_in_functions, is_read_off
from fenban.training.registry.models import Registry
from fenban.training.retrain import (
    FEWEST_JUDGED,
    Disagreement,
    _count_disagreement,
    _leave_out_known,
    _split_off_latest,
    compare,
    judge,
    retrain_champion,
)
from fenban.training.train import train_model

BOTH, LOST, WON, NEITHER = (True, True), (True, False), (False, True), (False, False)


def outcomes(*parts: tuple[tuple[bool, bool], int]) -> list[tuple[bool, bool]]:
    return [pair for pair, n in parts for _ in range(n)]


def test_a_better_challenger_is_promoted() -> None:
    pairs = outcomes((BOTH, 120), (WON, 30), (LOST, 5), (NEITHER, 45))
    found = judge("lead_unit", [f"局{i % 20}" for i in range(200)], pairs)
    assert found.promotes
    assert (found.champion_right, found.challenger_right) == (125, 150)
    assert found.lower_bound > 0
    assert found.p_value < 0.001
    assert found.why().endswith("Promoted: not worse, and no department clearly so.")
    assert "champion 62.5%, challenger 75.0%" in found.why()


def test_an_equal_challenger_is_promoted_on_many_cases_and_refused_on_few() -> None:
    assert judge("topic", ["甲"] * 400, [BOTH] * 400).promotes
    few = judge("topic", ["甲"] * 40, [BOTH] * 40)
    assert not few.promotes
    assert "cannot be ruled out" in few.why()


def test_a_clearly_worse_challenger_is_refused() -> None:
    pairs = outcomes((BOTH, 120), (WON, 5), (LOST, 30), (NEITHER, 45))
    found = judge("lead_unit", [f"局{i}" for i in range(200)], pairs)
    assert not found.promotes
    assert found.lower_bound < -0.1
    assert not found.worse_units  # one case each tells nothing of a department
    assert "over 1% worse" in found.why()


def test_one_department_that_gets_clearly_worse_is_refused_by_name() -> None:
    golds = ["甲局"] * 190 + ["乙局"] * 10
    pairs = outcomes((BOTH, 100), (WON, 60), (NEITHER, 30), (LOST, 6), (BOTH, 4))
    found = judge("lead_unit", golds, pairs)
    assert found.lower_bound > 0.1
    assert not found.promotes
    assert [change.name for change in found.worse_units] == ["乙局"]
    assert "Refused: clearly worse for 乙局 (lost 6, won 0 of 10)." in found.why()


def test_a_department_with_too_few_cases_is_no_ground() -> None:
    golds = ["甲局"] * 193 + ["乙局"] * 7
    pairs = outcomes((BOTH, 100), (WON, 60), (NEITHER, 33), (LOST, 7))
    assert judge("lead_unit", golds, pairs).promotes


def test_too_few_cases_to_judge_by_are_refused() -> None:
    n = FEWEST_JUDGED - 1
    found = judge("lead_unit", ["甲局"] * n, [WON] * n)
    assert not found.promotes
    assert f"{n} cases to judge by are too few, {FEWEST_JUDGED} are needed" in found.why()
    assert judge("lead_unit", ["甲局"] * (n + 1), [WON] * (n + 1)).promotes


def test_nothing_to_judge_by_is_refused() -> None:
    found = judge("lead_unit", [], [])
    assert not found.promotes
    assert found.p_value == 1.0


def test_another_label_that_gets_clearly_worse_is_refused_by_name() -> None:
    pairs = outcomes((BOTH, 100), (WON, 60))
    worse = (Disagreement("topic", 160, 40, 2, 0.0001),)
    found = judge("lead_unit", ["甲局"] * 160, pairs, worse)
    assert not found.promotes
    assert "clearly worse for topic (lost 40, won 2 of 160)" in found.why()


def test_the_p_value_of_a_change_is_one_sided() -> None:
    assert _count_disagreement("甲", outcomes((LOST, 5))).p_value == pytest.approx(1 / 32)
    assert _count_disagreement("甲", outcomes((WON, 5))).p_value == 1.0
    assert _count_disagreement("甲", outcomes((BOTH, 5))).p_value == 1.0


def test_the_latest_cases_judge_and_undated_ones_are_drawn() -> None:
    day = dt.date(2026, 1, 1)
    dated = [Case(Submission(f"第{i}件", received_at=day + dt.timedelta(days=-i))) for i in range(10)]
    learn, judged = _split_off_latest(dated, 1)
    assert judged == dated[:3]
    assert learn == dated[3:]
    undated = [Case(Submission(f"第{i}件")) for i in range(10)]
    learn, judged = _split_off_latest(undated, 1)
    assert sorted([*learn, *judged], key=undated.index) == undated
    assert (learn, judged) == _split_off_latest(undated, 1)
    assert judged != _split_off_latest(undated, 2)[1]


def test_known_cases_and_repeats_are_left_out() -> None:
    a, b, c = (Case(Submission(text), lead_unit="甲局") for text in ("一", "二", "三"))
    assert _leave_out_known([a], [a, b, b, c]) == [b, c]
    relabelled = Case(Submission("一"), lead_unit="乙局")
    assert _leave_out_known([a], [relabelled]) == [relabelled]


def test_cases_that_are_all_known_are_an_error(tiny_router: Router, tiny_cases: list[Case]) -> None:
    with pytest.raises(TrainingError, match="known already"):
        retrain_champion(tiny_router, tiny_cases, tiny_cases[:5])


def test_cases_without_any_label_are_an_error(tiny_router: Router) -> None:
    with pytest.raises(TrainingError, match="nothing to compare by"):
        compare(tiny_router, tiny_router, [Case(Submission("路灯不亮"))])


def test_a_model_is_not_worse_than_itself(tiny_router: Router, tiny_cases: list[Case]) -> None:
    found = compare(tiny_router, tiny_router, tiny_cases)
    assert (found.champion_only, found.challenger_only) == (0, 0)
    assert found.label == tiny_router.content.labels[0]
    assert not found.worse_units
    assert not found.worse_labels


# --- from the command line --------------------------------------------------------------------

_SUBJECTS = {
    "交通运输局": ("公交车", "公交站牌", "出租车", "网约车", "客运班车", "校车线路"),
    "城市管理局": ("占道摊贩", "烧烤油烟", "垃圾桶", "小广告", "违章搭棚", "乱倒渣土"),
    "教育局": ("课后托管", "学校食堂", "幼儿园收费", "中考报名", "校服", "补课"),
    "水利局": ("水渠", "河堤", "灌溉水泵", "水库放水", "河道淤泥", "山塘"),
}
_WORDS = ("很久没人管", "请尽快处理", "影响大家生活", "已经反映过两次", "希望给个说法", "不知道找谁")


def invented(n: int, seed: int, functions: tuple[str, ...]) -> list[dict[str, str]]:
    draw = random.Random(seed)
    rows = []
    for i in range(n):
        function = draw.choice(functions)
        subject, words = draw.choice(_SUBJECTS[function]), draw.choice(_WORDS)
        day = dt.date(2026, 1, 1) + dt.timedelta(days=i // 4)
        rows.append(
            {
                "内容": f"第{seed}-{i}件：我们村旁边的{subject}{words}",
                "承办单位": function,
                "职能": function,
                "受理时间": day.isoformat(),
            }
        )
    return rows


def write(path: str, rows: list[dict[str, str]]) -> str:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    Path(path).write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A home whose champion has never heard of water works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("fenban.serving.cli.learning.retrain.current_actor", lambda: "li")
    known = [
        Case(
            Submission(row["内容"], received_at=dt.date.fromisoformat(row["受理时间"])),
            function=row["职能"],
            lead_unit=row["承办单位"],
        )
        for row in invented(120, 1, ("交通运输局", "城市管理局", "教育局"))
    ]
    found = Registry(tmp_path / "home")
    found.promote(found.add(train_model(known), known, "li", "first"), "li", "first")
    return found


def test_poisoned_labels_are_refused_and_honest_ones_promoted(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    first = registry.champion()
    every = tuple(_SUBJECTS)
    honest = invented(240, 2, every)
    draw = random.Random(3)
    poisoned = [{**row, "承办单位": draw.choice(every), "职能": ""} for row in honest]
    assert main(["retrain", "--cases", write("poisoned.jsonl", poisoned)]) == 0
    out, err = capsys.readouterr()
    assert "Refused:" in out
    assert registry.champion() == first
    assert f"champion: {first}; challenger:" in err
    refused = registry.history()[-1]
    assert (refused["action"], refused["actor"]) == ("refuse", "li")
    assert refused["why"] == out.strip()

    assert main(["retrain", "--cases", write("honest.jsonl", honest)]) == 0
    out, err = capsys.readouterr()
    assert "Promoted: not worse" in out
    assert "240 new cases (0 of those given were known)" in err
    second = registry.champion()
    assert second not in (None, first)
    assert registry.history()[-1]["why"] == out.strip()
    assert {entry.parent for entry in registry.entries() if entry.champion} == {first}
    assert len(registry.cases_of(str(second))) == 360

    assert main(["retrain", "--cases", "honest.jsonl"]) == 2
    assert "known already" in capsys.readouterr().err
    assert registry.champion() == second
    assert main(["models", "rollback", "--why", "a trial"]) == 0
    assert capsys.readouterr().out.strip() == f"champion: {first}"


def test_a_challenger_overtaken_while_it_trained_is_not_promoted(
    registry: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = registry.champion()
    assert first
    other = registry.add(train_model(registry.cases_of(first), seed=7), registry.cases_of(first), "wang", "x")
    add = Registry.add

    def add_while_another_promotes(self: Registry, *arguments: object) -> str:
        self.promote(other, "wang", "meanwhile")
        return add(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Registry, "add", add_while_another_promotes)
    assert main(["retrain", "--cases", write("new.jsonl", invented(240, 2, tuple(_SUBJECTS)))]) == 1
    assert "the champion changed" in capsys.readouterr().err
    assert registry.champion() == other
    assert registry.history()[-1]["action"] == "refuse"


def test_too_few_new_cases_are_refused(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    first = registry.champion()
    assert main(["retrain", "--cases", write("few.jsonl", invented(20, 2, tuple(_SUBJECTS)))]) == 0
    assert "too few" in capsys.readouterr().out
    assert registry.champion() == first


# --- which departments there are --------------------------------------------------------------


def _case(text: str, unit: str, function: str | None = None) -> Case:
    return Case(Submission(text), lead_unit=unit, function=function)


def test_a_directory_read_off_labels_is_read_off_them_anew(
    tiny_router: Router, tiny_cases: list[Case]
) -> None:
    directory = tiny_router.content.directory
    assert directory
    assert is_read_off(tiny_cases, directory)
    assert not is_read_off(tiny_cases[:6], directory)
    assert not is_read_off(tiny_cases, Directory(directory.functions.values(), directory.units[1:]))


def test_a_directory_that_was_given_keeps_its_units_and_gets_those_that_cases_name() -> None:
    given = Directory(
        [Function("城市管理局", aliases=("城管局",), duties=("管占道",))],
        [Unit("南宁市城市管理局", "城市管理局", "南宁市")],
    )
    known = [_case("夜市占道", "南宁市城市管理局")]
    assert add_named_units(given, known) is given
    new = [_case("摊贩占道", f"{place}城管局") for place in ("青秀区", "兴宁区", "江南区", "良庆区")]
    new.append(_case("水渠漏水", "水利局", "水利局"))
    found = add_named_units(given, [*known, *new[:4]])
    assert found.units[0] is given.units[0]
    assert {unit.function for unit in found.units} == {"城市管理局"}  # by its alias
    assert found.functions["城市管理局"].duties == ("管占道",)
    assert add_named_units(given, [new[-1]]).unit("水利局") == Unit("水利局", "水利局", None)
    nameless = add_named_units(given, [_case("树倒了", "绿化办")]).unit("绿化办")
    assert nameless == Unit("绿化办", "绿化办", None)  # its own function, so that it can be suggested
    assert add_named_units(Directory([], [Unit("甲局")]), [_case("一", "乙局")]).unit("乙局") == Unit("乙局")


def test_functions_left_out_come_from_the_units() -> None:
    given = Directory([Function("水利局")], [Unit("甲水利局", "水利局")])
    cases = [_case("一", "甲水利局"), _case("二", "甲水利局", "另写的"), _case("三", "乙局")]
    assert [case.function for case in fill_in_functions(cases, given)] == ["水利局", "另写的", None]


@pytest.mark.parametrize("with_duties", [True, False])
@pytest.mark.parametrize("with_function", [True, False])
def test_a_new_department_is_learnt(with_function: bool, with_duties: bool) -> None:
    three = ("交通运输局", "城市管理局", "教育局")
    duties = ("受理投诉",) if with_duties else ()  # without them it is what the labels say
    given = Directory([Function(name, duties=duties) for name in three], [Unit(n, n) for n in three])
    known = [_case(row["内容"], row["承办单位"], row["职能"]) for row in invented(120, 1, three)]
    new = [
        _case(row["内容"], row["承办单位"], row["职能"] if with_function else None)
        for row in invented(240, 2, tuple(_SUBJECTS))
    ]
    champion = Router(train_model(known, given))
    result = retrain_champion(champion, known, new)
    assert result.comparison.promotes, result.comparison.why()
    assert "水利局" in {unit.name for unit in result.content.directory.units}  # type: ignore[union-attr]
    assert result.cases == (*known, *new)  # kept as they were given, so that they are known next time


def test_a_new_unit_stands_under_the_function_that_its_cases_write() -> None:
    """城管局 is an alias of 城市管理局, but the classifier learns the label as it is written."""
    known = Directory([Function("城市管理局", aliases=("城管局",))], [Unit("甲市城市管理局", "城市管理局")])
    cases = [Case(Submission("占道"), function="城管局", lead_unit="美兰区城管局")]
    unit = add_named_units(known, cases).unit("美兰区城管局")
    assert unit is not None
    assert unit.function == "城管局"
