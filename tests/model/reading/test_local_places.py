"""What names of roads and estates tell of the place, once cases have taught them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from fenban.model.directory import Unit
from fenban.model.reading.local_places import LocalPlaceReader, LocalPlaces, TaughtPlace, blot_out_mentions
from fenban.model.reading.places import PlaceReading
from fenban.model.scoring.composition import TextSignals, UnitComposer, UnitTable

PATHS = ("甲市", "甲市/丁区", "甲市/乙区", "甲市/乙区/丙镇")
NOWHERE = PlaceReading()


@pytest.fixture(scope="module")
def places() -> LocalPlaces:
    counts = [[12, 1, 11, 6], [8, 8, 0, 0], [4, 2, 2, 0]]
    matrix = sparse.csr_matrix(np.array(counts, dtype=np.int32))
    return LocalPlaces(("榕荫路", "望江村", "中心市场"), PATHS, matrix, np.array([60, 30, 30, 10], np.int32))


@pytest.fixture(scope="module")
def reader(places: LocalPlaces) -> LocalPlaceReader:
    return LocalPlaceReader(places)


def test_names_are_found_outside_the_divisions_that_a_text_names(reader: LocalPlaceReader) -> None:
    assert reader.names_in("榕荫路和望江村之间，榕荫路上", NOWHERE) == [0, 1]
    assert reader.names_in("乙区榕荫路", PlaceReading(mentions=((0, 5),))) == []
    assert reader.names_in("", NOWHERE) == []


def test_a_mention_behind_the_text_blots_out_nothing() -> None:
    assert blot_out_mentions("路灯坏", PlaceReading(mentions=((2, 9), (5, 8)))) == "路灯。"


def test_ratios_are_those_of_the_counts(reader: LocalPlaceReader) -> None:
    """Of the eight cases of 望江村 all lay in 丁区, where half of all cases lie."""
    ratios = dict(zip(PATHS, reader.log_ratios([[1]])[0], strict=True))
    assert ratios["甲市/丁区"] == pytest.approx(np.log((8 + 2 * 0.5) / 10 / 0.5))
    assert ratios["甲市/乙区"] == pytest.approx(np.log((0 + 2 * 0.5) / 10 / 0.5))
    assert ratios["甲市"] == pytest.approx(0), "the only city there is says nothing"
    assert ratios["甲市/乙区/丙镇"] == pytest.approx(0), "the only town there is says nothing"


def test_names_add_up_and_texts_without_one_say_nothing(reader: LocalPlaceReader) -> None:
    both, first, second, none = reader.log_ratios([[0, 1], [0], [1], []])
    assert both == pytest.approx(first + second, abs=1e-5)
    assert not none.any()
    assert reader.log_ratios([]).shape == (0, len(PATHS))


def test_a_name_is_said_to_lie_where_most_of_its_cases_lay(reader: LocalPlaceReader) -> None:
    assert reader.taught(0) == TaughtPlace("榕荫路", "甲市/乙区/丙镇", 6, 6)
    assert reader.taught(1) == TaughtPlace("望江村", "甲市/丁区", 8, 8)
    assert reader.taught(2) == TaughtPlace("中心市场", "甲市", 4, 4), "two districts with half of it each"


def test_no_names_at_all() -> None:
    nothing = LocalPlaces((), PATHS, sparse.csr_matrix((0, 4), dtype=np.int32), np.zeros(4, np.int32))
    reader = LocalPlaceReader(nothing)
    assert reader.names_in("榕荫路", NOWHERE) == []
    assert reader.log_ratios([[], []]).shape == (2, 4)


def test_what_is_stored_is_read_back(places: LocalPlaces) -> None:
    again = LocalPlaces.from_arrays(places.names, places.paths, places.arrays())
    assert (again.counts != places.counts).nnz == 0
    assert again.totals.tolist() == places.totals.tolist()


@pytest.mark.parametrize(
    ("key", "value"),
    [("taught.columns", [9, 1, 2, 3, 0, 1, 0, 1, 2]), ("taught.totals", [1, 2]), ("taught.counts", [-1] * 9)],
)
def test_damaged_numbers_are_refused(places: LocalPlaces, key: str, value: list[int]) -> None:
    arrays = {**places.arrays(), key: np.array(value, dtype=np.int32)}
    with pytest.raises(ValueError):  # noqa: PT011
        LocalPlaces.from_arrays(places.names, places.paths, arrays)


def test_a_taught_place_lifts_its_unit_and_the_units_inside(places: LocalPlaces) -> None:
    units = [
        Unit("乙区局", "局", "甲市/乙区"),
        Unit("丁区局", "局", "甲市/丁区"),
        Unit("丙镇局", "局", "甲市/乙区/丙镇"),
    ]
    table = UnitTable.build(units, ("局",), (), (), {})
    signals = TextSignals(
        [NOWHERE],
        functions=np.ones((1, 1), np.float32),
        taught=LocalPlaceReader(places).log_ratios([[0]]),
    )
    shares = UnitComposer(table, {"taught_place": 1.0}, None, places).probabilities(signals)[0]
    found = dict(zip((unit.name for unit in table.units), shares, strict=True))
    assert found["乙区局"] > 0.5 > found["丙镇局"] > found["丁区局"]
    around = UnitComposer(table, {"taught_around": 1.0}, None, places).probabilities(signals)[0]
    assert table.units[int(around.argmax())].name == "丙镇局"
