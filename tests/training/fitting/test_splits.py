"""Which texts are held back: by time where there is time, else folds that cover a small set once."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from fenban.training.fitting import splits as module
from fenban.training.fitting.splits import hold_back

DAY = dt.date(2026, 1, 1)


def test_a_small_set_is_split_into_folds_that_cover_it_once() -> None:
    found = hold_back([None] * 50, 1)
    assert len(found) > 1
    assert (np.sum([split.unseen for split in found], axis=0) == 1).all()
    assert all((split.train ^ split.unseen).all() for split in found)
    assert all((a.unseen == b.unseen).all() for a, b in zip(found, hold_back([None] * 50, 1), strict=True))


def test_a_large_dated_set_keeps_its_latest_part_unseen() -> None:
    n = module.ENOUGH_FOR_A_SLICE
    dates = [DAY + dt.timedelta(days=(i * 7) % 365) for i in range(n)]
    found = hold_back(dates, 1)
    days = np.array([date.toordinal() for date in dates])
    assert len(found) == module.SLICES
    for split in found:
        assert split.unseen.mean() == pytest.approx(module.SLICE, abs=0.01)
        assert days[split.unseen].min() >= days[split.train].max()
    assert not np.logical_and.reduce([split.unseen for split in found]).any()
    assert days[found[-1].unseen].max() == days.max()


@pytest.mark.parametrize("dates", [[None] * 4000, [DAY] * 4000, [DAY] * 3000 + [None] * 1000])
def test_a_large_set_without_a_course_of_time_is_split_at_random(dates: list[dt.date | None]) -> None:
    found = hold_back(dates, 1)
    for split in found:
        assert (split.train ^ split.unseen).all()
        first, second = split.unseen[: len(dates) // 2].mean(), split.unseen[len(dates) // 2 :].mean()
        assert first == pytest.approx(second, rel=0.2)  # not the end of it
    assert all((a.unseen == b.unseen).all() for a, b in zip(found, hold_back(dates, 1), strict=True))


def test_undated_cases_are_never_the_latest_slice() -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=i % 900) for i in range(3000)]
    found = hold_back([None] * 2000 + days, 0)
    for split in found:
        assert split.by_time
        assert not split.unseen[:2000].any()
        assert split.train[:2000].all()
        assert split.unseen.sum() == 450
