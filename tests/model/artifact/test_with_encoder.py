"""A model with a tiny encoder: its folder, and the cascade that asks it only where it must."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

from fenban.model import Router
from fenban.model.artifact.folder import ARRAYS, MANIFEST, SETTINGS, load, read_manifest, save
from fenban.model.errors import ModelFolderError
from fenban.model.scoring.encoder import ENCODER_FILES, GRAPH, OnnxEncoder
from fenban.model.scoring.stage import Cascade
from tests.model.artifact.tiny_encoder import write_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fenban.model import Suggestion
    from fenban.model.scoring.content import ModelContent

TEXTS = [
    "南宁市兴宁区的红绿灯坏了",
    "桂林市象山区老板拖欠工资",
    "水电",
    "",
    "青秀区物流园不签劳动合同，工资没结",
    "兴宁区学校门口三排违停",
    "象山区奶茶店喝出蟑螂",
    "广场旁的大榕树砸到遮阳棚",
]


class Counting:
    """An encoder that remembers what it was asked."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.asked: list[str] = []
        self.dimension = encoder.dimension

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return self._encoder.encode(texts)


@pytest.fixture
def copy(fused_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fused_folder, tmp_path / "copy"))


def plain(suggestion: Suggestion) -> dict[str, object]:
    return {**suggestion.as_dict(), "model": None}


@pytest.mark.parametrize("thorough", [True, False])
def test_a_saved_model_suggests_what_the_trained_one_did(
    fused: ModelContent, fused_folder: Path, thorough: bool
) -> None:
    trained = Router(fused).suggest(TEXTS, thorough=thorough)
    loaded = Router.load(fused_folder, encoder_threads=1).suggest(TEXTS, thorough=thorough)
    assert [plain(s) for s in trained] == [plain(s) for s in loaded]


def test_the_folder_holds_the_encoder_and_the_dense_heads(fused: ModelContent, fused_folder: Path) -> None:
    assert set(ENCODER_FILES) <= set(read_manifest(fused_folder)["files"])
    assert fused.encoder is not None
    for name in ENCODER_FILES:
        assert (fused_folder / name).read_bytes() == (fused.encoder.folder / name).read_bytes()
    arrays = load_file(fused_folder / ARRAYS)
    settings = json.loads((fused_folder / SETTINGS).read_text("utf-8"))
    width = sum(len(head["classes"]) for head in settings["dense_heads"])
    assert arrays["dense.weights"].shape == (fused.encoder.dimension, width)
    assert arrays["dense.intercept"].shape == (width,)
    assert arrays["dense.centre"].shape == (fused.encoder.dimension,)
    assert set(settings["stages"]) == {"sparse", "fused"}
    assert {"curve.sparse.lead_unit.confidence", "curve.fused.lead_unit.confidence"} <= set(arrays)
    assert settings["cascade"] == [0.9, 0.5, 0.002]


def test_saving_what_was_loaded_gives_the_same_folder(fused_folder: Path, tmp_path: Path) -> None:
    save(load(fused_folder), tmp_path / "again")
    for path in fused_folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_model_may_be_saved_over_the_folder_its_encoder_lies_in(copy: Path) -> None:
    before = read_manifest(copy)
    save(load(copy), copy)
    assert read_manifest(copy) == before
    assert Router.load(copy).suggest(TEXTS)


@pytest.mark.parametrize("name", ENCODER_FILES)
def test_a_missing_file_of_the_encoder_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelFolderError, match=f"{name} is missing"):
        load(copy)


@pytest.mark.parametrize("name", ENCODER_FILES)
def test_a_changed_file_of_the_encoder_is_refused(copy: Path, name: str) -> None:
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(ModelFolderError, match=f"{name} was changed"):
        load(copy)


def with_right_hashes(folder: Path, names: set[str]) -> None:
    """Rewrite the manifest to list ``names``, as somebody would who changed the files on purpose."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    manifest["files"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")


def test_a_manifest_that_lists_half_an_encoder_is_refused(copy: Path) -> None:
    with_right_hashes(copy, set(read_manifest(copy)["files"]) - {GRAPH})
    with pytest.raises(ModelFolderError, match=f"{GRAPH} is missing"):
        load(copy)


def test_dense_heads_without_any_encoder_are_refused(copy: Path) -> None:
    with_right_hashes(copy, set(read_manifest(copy)["files"]) - set(ENCODER_FILES))
    with pytest.raises(ModelFolderError, match="encoder"):
        load(copy)


def test_an_encoder_of_another_dimension_is_refused(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_encoder(other, 5)
    for name in ENCODER_FILES:
        shutil.copyfile(other / name, copy / name)
    with_right_hashes(copy, set(read_manifest(copy)["files"]))
    with pytest.raises(ModelFolderError, match=r"dimension|width"):
        load(copy)


def counted(content: ModelContent) -> tuple[Router, Counting]:
    assert isinstance(content.encoder, OnnxEncoder)
    counting = Counting(content.encoder)
    return Router(replace(content, encoder=counting)), counting  # type: ignore[arg-type]


def alone(content: ModelContent) -> Router:
    """The sparse part of a model by itself."""
    return Router(replace(content, fused=None, dense=None, encoder=None, cascade=None, neighbours=None))


def test_a_thorough_answer_asks_the_encoder_for_every_text(fused: ModelContent) -> None:
    router, counting = counted(fused)
    router.suggest(TEXTS, evidence="none")
    assert len(counting.asked) == len(TEXTS)


def test_the_cascade_asks_the_encoder_for_the_unsure_alone(fused: ModelContent) -> None:
    by_sparse = alone(fused).suggest(TEXTS, evidence="none")
    thorough = Router(fused).suggest(TEXTS, evidence="none")
    sure = [s.lead_units[0].probability for s in by_sparse]
    enough = sorted(sure)[len(sure) // 2]
    router, counting = counted(replace(fused, cascade=Cascade(enough - 1e-6)))
    found = router.suggest(TEXTS, evidence="none", thorough=False)
    unsure = [probability < enough for probability in sure]
    assert 0 < sum(unsure) < len(TEXTS)
    assert counting.asked == [text for text, asked in zip(TEXTS, unsure, strict=True) if asked]
    for quick, sparse, full, asked in zip(found, by_sparse, thorough, unsure, strict=True):
        wanted = full if asked else sparse
        assert quick.lead_units == wanted.lead_units
        assert quick.functions == wanted.functions
        assert quick.topics == wanted.topics
    assert any(full.functions != sparse.functions for full, sparse in zip(thorough, by_sparse, strict=True))


@pytest.mark.parametrize(("enough", "share"), [(0.0, 0), (1.1, 1)])
def test_the_cascade_asks_for_all_or_none_at_its_ends(fused: ModelContent, enough: float, share: int) -> None:
    router, counting = counted(replace(fused, cascade=Cascade(enough)))
    router.suggest(TEXTS, evidence="none", thorough=False)
    assert len(counting.asked) == share * len(TEXTS)


def test_without_a_cascade_every_text_is_read_thoroughly(fused: ModelContent) -> None:
    router, counting = counted(replace(fused, cascade=None))
    quick = router.suggest(TEXTS, evidence="none", thorough=False)
    assert len(counting.asked) == len(TEXTS)
    thorough = Router(fused).suggest(TEXTS, evidence="none")
    assert [plain(s) for s in quick] == [plain(s) for s in thorough]


def test_each_stage_has_a_threshold_of_its_own(fused: ModelContent) -> None:
    curve = fused.sparse.curves["lead_unit"]
    n = len(curve.confidence)
    right = replace(curve, correct=np.ones(n, np.uint8))
    wrong = replace(curve, correct=np.zeros(n, np.uint8))
    assert fused.fused is not None
    content = replace(
        fused,
        sparse=replace(fused.sparse, curves={"lead_unit": right}),
        fused=replace(fused.fused, curves={"lead_unit": wrong}),
    )
    router = Router(content)
    assert router.threshold("lead_unit", 0.9, fused=False) < 1 < router.threshold("lead_unit", 0.9)
    assert router.threshold("lead_unit", 0.9, fused=True) == router.threshold("lead_unit", 0.9)
