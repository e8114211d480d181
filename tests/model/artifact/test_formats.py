"""Model folders of every format so far: what an older fenban wrote still answers as it did.

``fixtures/format_1`` was written by the last fenban of format 1 from the sixty cases of the conftest
of that time, ``fixtures/format_2_encoder`` by fenban 0.1 from thirty-three invented cases and a tiny
encoder; the suggestions beside each by the same program.
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
from fenban.model.artifact import format_1, format_2
from fenban.model.artifact.folder import (
    ARRAYS,
    DIRECTORY,
    FORMAT_VERSION,
    MANIFEST,
    SETTINGS,
    load,
    read_manifest,
    save,
)
from fenban.model.artifact.rebuild import rebuild_content
from fenban.model.errors import ModelFolderError
from fenban.model.scoring.calibration import NEVER
from fenban.model.scoring.stage import SILENT, Gate

if TYPE_CHECKING:
    from fenban.model import Suggestion

FIXTURES = Path(__file__).with_name("fixtures")
FORMAT_1 = FIXTURES / "format_1"
GIVEN = json.loads((FIXTURES / "format_1_suggestions.json").read_text("utf-8"))
FORMAT_2 = FIXTURES / "format_2_encoder"
GIVEN_2 = json.loads((FIXTURES / "format_2_encoder_suggestions.json").read_text("utf-8"))
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
    kept = {read_manifest(path.parent)["format_version"] for path in FIXTURES.glob(f"*/{MANIFEST}")}
    assert kept == set(range(1, FORMAT_VERSION))


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


def test_a_format_1_model_without_units_still_answers() -> None:
    """A model of topics alone had no weights of units to translate."""
    settings = json.loads((FORMAT_1 / SETTINGS).read_text("utf-8"))
    settings |= {"units": None, "labels": ["function", "topic"], "unit_top": None}
    written = load_file(FORMAT_1 / ARRAYS)
    arrays = {name: array for name, array in written.items() if not name.startswith("units.")}
    present, renamed = format_2.upgrade(*format_1.upgrade(settings, arrays))
    bare = rebuild_content(present, {}, renamed)
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


@pytest.fixture(scope="module")
def router_2() -> Router:
    return Router.load(FORMAT_2, encoder_threads=1)


def test_format_2_suggests_what_it_did(router_2: Router) -> None:
    """Words, similar cases and what would change the answer included, one text a call as it was asked."""
    assert router_2.version == GIVEN_2["version"]
    for given in GIVEN_2["suggestions"]:
        (suggestion,) = router_2.suggest([given["text"]], evidence="full")
        now = suggestion.as_dict()
        assert_same_ranking(given, now)
        assert (now["zone"], list(now["flags"])) == (given["zone"], given["flags"])
        evidence, before = now["evidence"], given["evidence"]
        assert [word["text"] for word in evidence["words"]] == [word["text"] for word in before["words"]]
        assert [case["text"] for case in evidence["similar"]] == [case["text"] for case in before["similar"]]
        assert [case["similarity"] for case in evidence["similar"]] == pytest.approx(
            [case["similarity"] for case in before["similar"]], abs=TOLERANCE
        )
        assert [change["text"] for change in evidence["changes"]] == [
            change["text"] for change in before["changes"]
        ]


@pytest.mark.parametrize(("thorough", "how"), [(True, "thorough"), (False, "quick")])
def test_format_2_asks_its_encoder_where_it_did(router_2: Router, thorough: bool, how: str) -> None:
    texts = [given["text"] for given in GIVEN_2["suggestions"]]
    assert GIVEN_2["thorough"] != GIVEN_2["quick"]
    for suggestion, given in zip(router_2.suggest(texts, thorough=thorough), GIVEN_2[how], strict=True):
        for unit, (name, probability) in zip(suggestion.lead_units, given, strict=True):
            assert unit.probability == pytest.approx(probability, abs=TOLERANCE)
            assert unit.unit == name or probability < TOLERANCE


def test_the_first_shape_of_format_2_is_read_as_the_present_one() -> None:
    """One number a part and head, no calibration by class, and nothing said of what a model lacks."""
    written = json.loads((FORMAT_2 / SETTINGS).read_text("utf-8"))
    stages = {}
    for name, stage in written["stages"].items():
        weights = {head: [gate[0] for gate in gates] for head, gates in stage["weights"].items()}
        if name == "sparse":  # had one part alone
            weights = {head: parts[:1] for head, parts in weights.items()}
        tops = {label: top[:3] for label, top in stage["tops"].items()}
        stages[name] = {**stage, "weights": weights, "tops": tops, "unit_top": stage["unit_top"][:3]}
    left_out = ("dense_raw", "taught_places", "least_known")
    early = {name: value for name, value in written.items() if name not in left_out} | {"stages": stages}
    present, arrays = format_2.upgrade(early, load_file(FORMAT_2 / ARRAYS))
    records = json.loads((FORMAT_2 / DIRECTORY).read_text("utf-8"))
    content = rebuild_content(present, records, arrays, encodes=True)
    now = load(FORMAT_2, encoder_threads=1)
    assert content.sparse.weights == now.sparse.weights
    assert content.sparse.tops == now.sparse.tops
    assert content.fused is not None
    assert now.fused is not None
    for head, weights in content.fused.weights.items():
        gates = (now.fused.weights[head].sparse, now.fused.weights[head].dense, now.fused.weights[head].votes)
        unsure = [Gate(gate.unsure, gate.unsure) for gate in gates]
        assert [weights.sparse, weights.dense, weights.votes] == unsure, head
    assert (content.dense and content.dense.raw) is False
    assert content.least_known == 0
    assert content.composer is not None
    assert content.composer.taught is None


@pytest.mark.parametrize("older", [FORMAT_1, FORMAT_2], ids=["1", "2"])
def test_an_older_folder_is_saved_in_the_one_shape_of_the_present_format(older: Path, tmp_path: Path) -> None:
    save(load(older), tmp_path / "present")
    assert read_manifest(tmp_path / "present")["format_version"] == FORMAT_VERSION
    settings = json.loads((tmp_path / "present" / SETTINGS).read_text("utf-8"))
    for stage in settings["stages"].values():
        gates = [gate for parts in stage["weights"].values() for gate in parts]
        assert {len(parts) for parts in stage["weights"].values()} == {3}
        assert {len(gate) for gate in gates} == {3}
        assert {len(top) for top in (*stage["tops"].values(), stage["unit_top"])} == {4}
    save(load(tmp_path / "present"), tmp_path / "again")
    for path in (tmp_path / "present").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_present_format_does_not_take_the_shape_of_an_older_one(tmp_path: Path) -> None:
    save(load(FORMAT_1), tmp_path / "m")
    settings = json.loads((tmp_path / "m" / SETTINGS).read_text("utf-8"))
    records = json.loads((tmp_path / "m" / DIRECTORY).read_text("utf-8"))
    arrays = load_file(tmp_path / "m" / ARRAYS)
    rebuild_content(settings, records, arrays)
    settings["stages"]["sparse"]["weights"]["topic"] = [1.0]
    with pytest.raises(ValueError, match=r"weights\.topic"):
        rebuild_content(settings, records, arrays)
