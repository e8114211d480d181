"""Model folders of every format so far: what an older fenban wrote still answers as it did.

``fixtures/format_1`` was written by the last fenban of format 1 from the sixty cases of the conftest
of that time, ``fixtures/format_1_suggestions.json`` by the same program.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from fenban.model import Router
from fenban.model.artifact.folder import ARRAYS, FORMAT_VERSION, MANIFEST, SETTINGS, load, read_manifest, save
from fenban.model.errors import ModelFolderError
from fenban.model.scoring.calibration import NEVER
from fenban.model.scoring.content import content_from
from fenban.model.scoring.stage import SILENT

if TYPE_CHECKING:
    from fenban.model import Suggestion

FIXTURES = Path(__file__).with_name("fixtures")
FORMAT_1 = FIXTURES / "format_1"
GIVEN = json.loads((FIXTURES / "format_1_suggestions.json").read_text("utf-8"))
TOLERANCE = 1e-3
RANKED = {"topics": "path", "functions": "function", "lead_units": "unit", "co_units": "unit"}


def suggested(router: Router, texts: list[str]) -> list[Suggestion]:
    with np.errstate(over="ignore"):  # a head of this model is so sure that its margins leave float32
        return router.suggest(texts)


@pytest.fixture(scope="module")
def old_router() -> Router:
    return Router.load(FORMAT_1)


@pytest.fixture(scope="module")
def suggestions(old_router: Router) -> list[Suggestion]:
    return suggested(old_router, [given["text"] for given in GIVEN])


def assert_same_ranking(given: dict[str, Any], now: dict[str, Any]) -> None:
    for kind, name in RANKED.items():
        assert [answer["probability"] for answer in now[kind]] == pytest.approx(
            [answer["probability"] for answer in given[kind]], abs=TOLERANCE
        ), (given["text"], kind)
        # what shares a probability of nothing may stand in any order
        assert [answer[name] for answer in now[kind] if answer["probability"] > TOLERANCE] == [
            answer[name] for answer in given[kind] if answer["probability"] > TOLERANCE
        ], (given["text"], kind)


def test_every_older_format_is_kept() -> None:
    kept = [read_manifest(folder)["format_version"] for folder in sorted(FIXTURES.glob("format_*[0-9]"))]
    assert kept == list(range(1, FORMAT_VERSION))


def test_format_1_ranks_as_it_did(suggestions: list[Suggestion]) -> None:
    assert len(suggestions) == len(GIVEN) >= 8
    for given, suggestion in zip(GIVEN, suggestions, strict=True):
        now = suggestion.as_dict()
        assert_same_ranking(given, now)
        assert now["form"]["name"] == given["form"]["name"]
        assert now["form"]["probability"] == pytest.approx(given["form"]["probability"], abs=TOLERANCE)
        assert list(now["missing"]) == given["missing"]


def test_format_1_keeps_its_zones(suggestions: list[Suggestion]) -> None:
    assert {given["zone"] for given in GIVEN} == {"auto", "confirm", "manual"}
    for given, suggestion in zip(GIVEN, suggestions, strict=True):
        # danger was not looked for at the time; such a text now always goes through a person
        assert suggestion.zone == given["zone"] or suggestion.flags == ("danger",), given["text"]


def test_a_part_that_format_1_had_not_is_absent(old_router: Router) -> None:
    content = old_router.content
    assert (content.fused, content.dense, content.encoder, content.cascade) == (None, None, None, None)
    assert content.neighbours is None
    assert content.composer is not None
    assert content.composer.taught is None
    assert all(weights.dense == weights.votes == SILENT for weights in content.sparse.weights.values())
    assert old_router.threshold("lead_unit") < NEVER
    unit = str(suggested(old_router, [GIVEN[0]["text"]])[0].lead_units[0].unit)
    assert old_router.threshold("lead_unit", answer=unit) == old_router.threshold("lead_unit")


def test_format_1_is_explained_by_words(suggestions: list[Suggestion]) -> None:
    assert "红绿灯" in {word.text for word in suggestions[0].evidence.words}
    assert suggestions[0].evidence.similar == ()


def test_format_1_is_written_as_the_present_one(old_router: Router, tmp_path: Path) -> None:
    save(load(FORMAT_1), tmp_path / "present")
    assert read_manifest(tmp_path / "present")["format_version"] == FORMAT_VERSION
    settings = json.loads((tmp_path / "present" / SETTINGS).read_text("utf-8"))
    assert set(settings["stages"]) == {"sparse"}
    assert "temperatures" not in settings
    texts = [given["text"] for given in GIVEN]
    again = suggested(Router.load(tmp_path / "present"), texts)
    for first, second in zip(suggested(old_router, texts), again, strict=True):
        assert {**first.as_dict(), "model": None} == {**second.as_dict(), "model": None}


def test_a_changed_folder_of_format_1_is_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FORMAT_1, tmp_path / "copy"))
    settings = json.loads((copy / SETTINGS).read_text("utf-8"))
    (copy / SETTINGS).write_text(json.dumps(settings), "utf-8")
    with pytest.raises(ModelFolderError, match="changed after training"):
        load(copy)


def test_a_format_1_model_without_units() -> None:
    """A model of topics alone had no weights of units to translate."""
    manifest = json.loads((FORMAT_1 / MANIFEST).read_text("utf-8"))
    settings = json.loads((FORMAT_1 / SETTINGS).read_text("utf-8"))
    settings |= {"units": None, "labels": ["function", "topic"], "unit_top": None}
    written = load_file(FORMAT_1 / ARRAYS)
    arrays = {name: array for name, array in written.items() if not name.startswith("units.")}
    bare = content_from(manifest, settings, {}, arrays, "bare")
    assert bare.composer is None
    given = GIVEN[1]
    found = suggested(Router(bare), [given["text"]])[0].as_dict()
    assert found["lead_units"] == ()
    assert_same_ranking({**given, "lead_units": [], "co_units": []}, found)


def test_a_newer_format_says_what_to_do(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FORMAT_1, tmp_path / "copy"))
    manifest = json.loads((copy / MANIFEST).read_text("utf-8"))
    (copy / MANIFEST).write_text(json.dumps({**manifest, "format_version": FORMAT_VERSION + 1}), "utf-8")
    with pytest.raises(ModelFolderError, match=r"newer than this fenban reads .* upgrade fenban"):
        load(copy)


def test_a_model_of_before_there_were_gates_counts_each_part_the_same_however_sure(tmp_path: Path) -> None:
    """Its settings have a plain number for each part."""
    folder = tmp_path / "m"
    save(load(FORMAT_1), folder)
    now = load(folder).sparse.weights
    settings = json.loads((folder / SETTINGS).read_text("utf-8"))
    weights = settings["stages"]["sparse"]["weights"]
    for head, (gate, *_) in weights.items():
        weights[head] = [gate[0]]
    arrays = load_file(folder / ARRAYS)
    records = json.loads((folder / "directory.json").read_text("utf-8"))
    before = content_from(read_manifest(folder), settings, records, arrays, "v").sparse.weights
    assert before == now
