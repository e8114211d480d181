"""Each pooling gives what plain torch gives, in the served graph, in training and beside padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.model.scoring.encoder import OnnxEncoder
from fenban.training.encoder.checkpoints import open_checkpoint
from fenban.training.encoder.folders import encoder_folder
from fenban.training.encoder.pooling import pool
from fenban.training.encoder.quiet import quiet_transformers
from fenban.training.encoder.sources import find_source
from fenban.training.encoder.traits import Traits
from fenban.training.finetuning.loop import Tuner
from fenban.training.finetuning.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch")

TEXTS = ["路灯坏了。", "工资", "垃圾，停车，停车，停车", "水", ""]
NUMBERS = {c: n + 4 for n, c in enumerate("路灯坏了工资水电垃圾停车，。")}
FLAGS = {
    "mean": "pooling_mode_mean_tokens",
    "cls": "pooling_mode_cls_token",
    "last": "pooling_mode_lasttoken",
}
KINDS = [("encoder", "mean"), ("encoder", "cls"), ("encoder", "last"), ("decoder", "last")]


def declare(pooling: str, *, normalised: bool = False, prompt: str = "") -> dict[str, object]:
    """The files of sentence-transformers, as version 5 writes them."""
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalised else [])]
    paths = ["", "1_Pooling", "2_Normalize"]
    modules = [
        {"idx": i, "name": str(i), "path": paths[i], "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    flags = {flag: name == pooling for name, flag in FLAGS.items()} | {"pooling_mode_max_tokens": False}
    return {
        "modules.json": modules,
        "1_Pooling/config.json": {"word_embedding_dimension": 16, **flags, "include_prompt": True},
        "config_sentence_transformers.json": {"prompts": {"query": prompt}, "default_prompt_name": "query"},
    }


def by_torch(folder: Path, pooling: str, prompt: str = "") -> np.ndarray:
    """The vectors by transformers and plain arithmetic, nothing of fenban."""
    with quiet_transformers() as transformers, torch.inference_mode():
        model = transformers.AutoModel.from_pretrained(folder).float().eval()
        rows = []
        for text in TEXTS:
            numbers = [2, *(NUMBERS.get(c, 1) for c in prompt + text), 3]
            hidden = model(input_ids=torch.tensor([numbers])).last_hidden_state[0].numpy()
            rows.append({"mean": hidden.mean(axis=0), "cls": hidden[0], "last": hidden[-1]}[pooling])
    return np.array(rows)


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray((first * second).sum(axis=1) / lengths)


@pytest.mark.parametrize(("kind", "pooling"), KINDS)
def test_the_served_vectors_are_those_of_plain_torch(
    write_transformer: Any, tmp_path: Path, kind: str, pooling: str
) -> None:
    folder = write_transformer(tmp_path / "tiny", declare(pooling, prompt="水电"), kind=kind)
    encoder = OnnxEncoder.load(encoder_folder(str(folder), tmp_path))
    expected = by_torch(folder, pooling, "水电")
    served = encoder.encode(TEXTS)
    assert cosines(served, expected).min() > 0.998  # int8
    lengths = np.linalg.norm(served, axis=1) / np.linalg.norm(expected, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=0.03)
    assert cosines(served, by_torch(folder, "mean" if pooling != "mean" else "cls", "水电")).min() < 0.95
    without = by_torch(folder, pooling)
    assert np.abs(served - expected).max() < 0.5 * np.abs(served - without).max(), "the prompt is not read"
    assert (encoder.settings.pooling, encoder.settings.prefix) == (pooling, "水电")


@pytest.mark.parametrize("pooling", FLAGS)
def test_a_normalising_module_brings_vectors_to_length_one(
    write_transformer: Any, tmp_path: Path, pooling: str
) -> None:
    folder = write_transformer(tmp_path / "tiny", declare(pooling, normalised=True))
    encoder = OnnxEncoder.load(encoder_folder(str(folder), tmp_path))
    assert encoder.settings.normalised
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(TEXTS), axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("pooling", FLAGS)
def test_padding_changes_no_vector(pooling: str, normalised: bool) -> None:
    torch.manual_seed(1)
    traits = Traits(pooling, "", normalised, 64)
    lengths = (3, 1, 5)
    hidden = torch.randn(3, 5, 4)
    mask = torch.tensor([[int(i < n) for i in range(5)] for n in lengths])
    alone = torch.cat([pool(hidden[i : i + 1, :n], None, traits) for i, n in enumerate(lengths)])
    torch.testing.assert_close(pool(hidden, mask, traits), alone)


@pytest.mark.parametrize("frozen", [0.0, 0.5])
@pytest.mark.parametrize(("kind", "pooling"), KINDS)
def test_a_fine_tuning_sees_the_pooled_vectors(
    write_transformer: Any, tmp_path: Path, kind: str, pooling: str, frozen: float
) -> None:
    folder = write_transformer(tmp_path / "tiny", declare(pooling, prompt="水电"), kind=kind)
    checkpoint = open_checkpoint(find_source(str(folder)), tmp_path)
    tuner = Tuner(checkpoint, TEXTS, [], Recipe(frozen=frozen), seed=1, device="cpu")
    tuner.checkpoint.model.eval()
    with torch.inference_mode():
        vectors = tuner._vectors(np.arange(len(TEXTS))).numpy()
    # states of frozen layers are kept in half precision
    np.testing.assert_allclose(vectors, by_torch(folder, pooling, "水电"), atol=5e-3 if frozen else 1e-4)
