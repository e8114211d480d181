"""Where trials are kept: masked, append-only, found again by a model folder of the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fenban.model.errors import InputError
from fenban.model.trials import Trial
from fenban.training.registry.trials import FILE, TrialStore

if TYPE_CHECKING:
    from pathlib import Path

TRIAL = Trial(
    "北海市海上旅游管理处",
    jurisdiction="北海市",
    duties=("管理摩托艇和海钓船",),
    examples=("摩托艇冲进泳区", "海钓船不给救生衣，电话13800138000", "沙滩上拉客坐快艇"),
)


@pytest.fixture
def store(tmp_path: Path) -> TrialStore:
    return TrialStore(tmp_path / "registry")


def test_what_is_added_is_found_with_who_and_when(store: TrialStore) -> None:
    store.add(TRIAL, "工程师")
    (found,) = store.open_trials()
    assert (found.unit, found.jurisdiction, found.duties) == (TRIAL.unit, "北海市", TRIAL.duties)
    assert found.actor == "工程师"
    assert found.added_at.startswith("20")


def test_examples_are_masked_before_anything_is_written(store: TrialStore) -> None:
    store.add(TRIAL, "甲")
    whole = (store.folder / FILE).read_text("utf-8")
    assert "13800138000" not in whole
    assert "[手机号]" in whole


def test_removed_and_added_again(store: TrialStore) -> None:
    store.add(TRIAL, "甲")
    store.remove(TRIAL.unit, "乙")
    assert store.open_trials() == ()
    store.add(replace(TRIAL, duties=("管理快艇",)), "丙")
    assert [(t.duties, t.actor) for t in store.open_trials()] == [(("管理快艇",), "丙")]
    lines = (store.folder / FILE).read_text("utf-8").splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["add", "remove", "add"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": "  "}, "name"),
        ({"duties": ()}, "duties"),
        ({"examples": TRIAL.examples[:2]}, "2 different examples"),
        ({"examples": (TRIAL.examples[0],) * 5}, "1 different examples"),
        ({"examples": tuple(f"第{i}条快艇" for i in range(11))}, "11 different examples"),
    ],
)
def test_what_is_too_little_is_refused(store: TrialStore, changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        store.add(replace(TRIAL, **changes), "甲")
    assert not (store.folder / FILE).exists()


def test_what_is_not_on_trial_cannot_end(store: TrialStore) -> None:
    with pytest.raises(InputError, match="not on trial"):
        store.remove("没有的单位", "甲")


def test_a_line_cut_short_at_the_end_is_let_pass_and_a_damaged_one_named(store: TrialStore) -> None:
    store.add(TRIAL, "甲")
    file = store.folder / FILE
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"action": "add", "un')
    assert len(store.open_trials()) == 1
    file.write_text("[]\n" + file.read_text("utf-8"), "utf-8")
    with pytest.raises(InputError, match="line 1"):
        store.open_trials()
