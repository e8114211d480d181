"""Units out of functions and places."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.directory import Unit
from fenban.model.reading.places import Place, PlaceReading
from fenban.model.scoring.calibration import TopCalibration
from fenban.model.scoring.composition import DIRECTORY_WEIGHTS, FACTORS, TextSignals, UnitComposer, UnitTable
from fenban.model.scoring.scorer import merge_names, topic_groups
from fenban.model.scoring.stage import combine_levels

FUNCTIONS = ("教育局", "水利局")
CITY, DISTRICT, TOWN = "甲市", "甲市/乙区", "甲市/乙区/丙镇"
UNITS = [
    Unit("甲市教育局", "教育局", CITY),
    Unit("乙区教育局", "教育局", DISTRICT),
    Unit("丁区教育局", "教育局", "甲市/丁区"),
    Unit("甲市水利局", "水利局", CITY),
    Unit("乙区水利局", "水利局", DISTRICT),
]
NOWHERE = PlaceReading()


def reading(*paths: str) -> PlaceReading:
    return PlaceReading(tuple(Place(path, "county") for path in paths))


@pytest.fixture
def composer() -> UnitComposer:
    return UnitComposer(UnitTable.build(UNITS, FUNCTIONS, (), (), {}), DIRECTORY_WEIGHTS)


def ranked(composer: UnitComposer, functions: list[float], places: PlaceReading) -> dict[str, float]:
    signals = TextSignals([places], functions=np.array([functions], dtype=np.float32))
    ((rows, probabilities),) = composer.rank(signals, 5)
    return {composer.table.units[r].name: float(p) for r, p in zip(rows, probabilities, strict=True)}


def test_the_table_is_sorted_by_function() -> None:
    table = UnitTable.build(UNITS[::-1], FUNCTIONS, ("丁区教育局",), (CITY, DISTRICT), {"甲市水利局": 9})
    assert table.function.tolist() == [0, 0, 0, 1, 1]
    names = [unit.name for unit in table.units]
    assert table.flat[names.index("丁区教育局")] == 0
    assert table.jurisdiction[names.index("乙区水利局")] == 1
    assert table.log_frequency[names.index("甲市水利局")] == pytest.approx(np.log(10))


def test_units_of_functions_nobody_learnt_are_left_out() -> None:
    assert UnitTable.build(UNITS, ("水利局",), (), (), {}).units == (UNITS[4], UNITS[3])


def test_the_unit_of_the_named_place_wins(composer: UnitComposer) -> None:
    found = ranked(composer, [0.9, 0.1], reading(DISTRICT))
    assert next(iter(found)) == "乙区教育局"
    assert found["乙区教育局"] > 0.75


def test_the_unit_of_the_enclosing_place_comes_second(composer: UnitComposer) -> None:
    found = ranked(composer, [0.98, 0.02], reading(DISTRICT))
    assert list(found)[:2] == ["乙区教育局", "甲市教育局"]
    assert found["甲市教育局"] > found["丁区教育局"]


def test_a_place_without_a_unit_of_its_own_falls_to_those_around_it(composer: UnitComposer) -> None:
    found = ranked(composer, [1.0, 0.0], reading(TOWN))
    assert set(list(found)[:2]) == {"乙区教育局", "甲市教育局"}
    assert found["丁区教育局"] < 0.05


def test_the_shares_stay_open_without_a_place(composer: UnitComposer) -> None:
    found = ranked(composer, [0.9, 0.1], NOWHERE)
    shares = [found[name] for name in ("甲市教育局", "乙区教育局", "丁区教育局")]
    assert shares == pytest.approx([0.3] * 3, abs=1e-4)


def test_shares_of_a_function_add_up_to_its_probability(composer: UnitComposer) -> None:
    for places in (NOWHERE, reading(DISTRICT), reading(CITY, "甲市/丁区")):
        found = ranked(composer, [0.7, 0.3], places)
        assert sum(p for name, p in found.items() if "教育" in name) == pytest.approx(0.7, abs=1e-4)
        assert sum(p for name, p in found.items() if "水利" in name) == pytest.approx(0.3, abs=1e-4)


def test_of_two_named_places_neither_is_preferred(composer: UnitComposer) -> None:
    found = ranked(composer, [1.0, 0.0], reading(DISTRICT, "甲市/丁区"))
    assert found["乙区教育局"] == pytest.approx(found["丁区教育局"])
    assert found["乙区教育局"] > found["甲市教育局"]


def test_how_often_a_unit_handled_anything_counts_where_nothing_else_does() -> None:
    table = UnitTable.build(UNITS, FUNCTIONS, (), (), {"丁区教育局": 50})
    found = ranked(UnitComposer(table, DIRECTORY_WEIGHTS), [1.0, 0.0], NOWHERE)
    assert next(iter(found)) == "丁区教育局"


def test_the_flat_classifier_is_heard() -> None:
    names = [unit.name for unit in UNITS]
    composer = UnitComposer(UnitTable.build(UNITS, FUNCTIONS, names, (), {}), {"flat": 2.0})
    margins = np.array([[-1, -1, 2, -1, -1]], dtype=np.float32)
    signals = TextSignals([NOWHERE], functions=np.array([[0.9, 0.1]], np.float32), flat=margins)
    ((rows, probabilities),) = composer.rank(signals, 3)
    assert composer.table.units[rows[0]].name == "丁区教育局"
    assert probabilities[0] == pytest.approx(0.9 * np.exp(6) / (np.exp(6) + 2), rel=1e-3)


def test_units_of_one_kind_need_no_functions() -> None:
    units = [Unit("甲办"), Unit("乙办"), Unit("丙办")]
    composer = UnitComposer(UnitTable.build(units, (), ("丙办", "乙办", "甲办"), (), {}), {"flat": 1.0})
    signals = TextSignals([NOWHERE], flat=np.array([[3, 0, 0]], np.float32))
    ((rows, probabilities),) = composer.rank(signals, 3)
    assert composer.table.units[rows[0]].name == "丙办"
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_without_units_nothing_is_ranked() -> None:
    composer = UnitComposer(UnitTable.build([], FUNCTIONS, (), (), {}), DIRECTORY_WEIGHTS)
    signals = TextSignals([NOWHERE], functions=np.array([[0.5, 0.5]], np.float32))
    ((rows, probabilities),) = composer.rank(signals, 3)
    assert len(rows) == len(probabilities) == 0


def test_a_function_without_units_is_skipped() -> None:
    table = UnitTable.build(UNITS[:3], (*FUNCTIONS, "海关"), (), (), {})
    found = ranked(UnitComposer(table, DIRECTORY_WEIGHTS), [0.1, 0.5, 0.4], NOWHERE)
    assert set(found) == {"甲市教育局", "乙区教育局", "丁区教育局"}


def test_a_text_is_ranked_alike_alone_and_among_others(composer: UnitComposer) -> None:
    readings = [NOWHERE, reading(DISTRICT), reading(CITY, "甲市/丁区")]
    functions = np.array([[0.7, 0.3], [0.2, 0.8], [0.5, 0.5]], dtype=np.float32)
    together = composer.rank(TextSignals(readings, functions=functions), 3)
    for i, (rows, probabilities) in enumerate(together):
        ((alone, likewise),) = composer.rank(TextSignals([readings[i]], functions=functions[i : i + 1]), 3)
        assert rows.tolist() == alone.tolist()
        assert probabilities.tolist() == likewise.tolist()


def test_the_factors_of_one_text_stand_in_their_order(composer: UnitComposer) -> None:
    signals = TextSignals([NOWHERE, reading(TOWN)], functions=np.array([[1, 0], [1, 0]], np.float32))
    matrix = composer.factors(signals, 1, composer.slice_of(0))
    assert matrix.shape == (3, len(FACTORS))
    encloses = matrix[:, FACTORS.index("encloses")]
    names = [unit.name for unit in composer.table.units[:3]]
    assert dict(zip(names, encloses, strict=True)) == {
        "乙区教育局": 1.0,
        "甲市教育局": 0.25,
        "丁区教育局": 0.0,
    }


def test_a_weight_of_an_unknown_factor_is_refused() -> None:
    with pytest.raises(ValueError, match="weather"):
        UnitComposer(UnitTable.build(UNITS, FUNCTIONS, (), (), {}), {"weather": 1.0})


def test_the_calibration_speaks_of_the_best_unit(composer: UnitComposer) -> None:
    modest = UnitComposer(composer.table, DIRECTORY_WEIGHTS, TopCalibration(0.5, 0.5, 0.0))
    before, after = (ranked(c, [0.9, 0.1], reading(DISTRICT)) for c in (composer, modest))
    assert next(iter(before)) == next(iter(after)) == "乙区教育局"
    assert after["乙区教育局"] < before["乙区教育局"]


def test_an_office_of_two_functions_is_one_addressee() -> None:
    units = [
        Unit("商务和口岸局", "商务局", CITY),
        Unit("海关", "海关", CITY),
        Unit("商务和口岸局", "口岸局", CITY),
    ]
    merged = merge_names(units, np.array([0.35, 0.4, 0.25], dtype=np.float32), 3)
    assert [(unit.unit, unit.probability) for unit in merged] == [("商务和口岸局", 0.6), ("海关", 0.4)]
    assert merged[0].function == "商务局"
    assert [unit.unit for unit in merge_names(units, np.array([0.35, 0.4, 0.25], np.float32), 1)] == [
        "商务和口岸局"
    ]


def test_the_two_levels_of_topics_are_combined() -> None:
    paths, firsts = ("交通/公交", "交通/停车", "教育/入学"), ("交通", "教育")
    groups = topic_groups(paths, firsts)
    assert groups is not None
    first = np.array([[0.8, 0.2]], dtype=np.float32)
    second = np.array([[0.1, 0.3, 0.6]], dtype=np.float32)
    assert combine_levels(first, second, groups)[0] == pytest.approx([0.2, 0.6, 0.2], abs=1e-6)
    assert topic_groups(paths, ()) is None
