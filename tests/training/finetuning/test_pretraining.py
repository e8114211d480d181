"""Reading a backlog: hidden words are guessed better with time, and an interrupted reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.training.encoder.checkpoints import Checkpoint, open_checkpoint
from fenban.training.encoder.sources import find_source
from fenban.training.finetuning import pretraining as pretrain_module
from fenban.training.finetuning.pretraining import pretrain
from fenban.training.finetuning.recipe import Recipe
from fenban.training.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["路灯坏了", "拖欠工资", "公交车占道", "路灯坏了，垃圾。"] * 40
RECIPE = Recipe(batch=8)


def load(folder: Path) -> Checkpoint:
    return open_checkpoint(find_source(str(folder)), folder)


def read(checkpoint: Checkpoint, resume: Path, progress: Any = silent, texts: list[str] = TEXTS) -> None:
    pretrain(checkpoint, texts, RECIPE, 3, "cpu", progress, resume)


def weights_of(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in checkpoint.model.state_dict().items()}


@pytest.mark.slow
def test_the_loss_falls_and_the_table_of_words_stays(
    tiny_transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses: list[float] = []
    inner = pretrain_module._loss

    def noted(*arguments: Any) -> Any:
        loss = inner(*arguments)
        losses.append(float(loss.detach()))
        return loss

    monkeypatch.setattr(pretrain_module, "_loss", noted)
    monkeypatch.setattr(pretrain_module, "RATE", 3e-3)
    checkpoint = load(tiny_transformer)
    before = weights_of(checkpoint)
    read(checkpoint, tmp_path / "state.safetensors", texts=TEXTS * 4)
    assert len(losses) == 80
    assert np.mean(losses[-15:]) < 0.85 * np.mean(losses[:15])
    after = weights_of(checkpoint)
    table = "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(after[table], before[table])
    layer = "encoder.layer.0.output.dense.weight"
    assert not np.array_equal(after[layer], before[layer])
    assert not checkpoint.model.training


@pytest.mark.slow
def test_an_interrupted_reading_goes_on_as_if_nothing_had_happened(
    tiny_transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load(tiny_transformer)
    read(whole, tmp_path / "whole.safetensors")
    monkeypatch.setattr(pretrain_module, "_SAVE_EVERY", -1.0)

    def interrupt(step: str, done: int = 0, total: int = 0) -> None:
        if done == 9:
            raise KeyboardInterrupt

    resume = tmp_path / "broken.safetensors"
    with pytest.raises(KeyboardInterrupt):
        read(load(tiny_transformer), resume, interrupt)
    steps: list[int] = []
    second, third = load(tiny_transformer), load(tiny_transformer)
    read(second, resume, lambda step, done=0, total=0: steps.append(done))
    read(third, resume, lambda step, done=0, total=0: steps.append(-done))
    assert (steps[0], steps[-1]) == (9, -20)
    expected = weights_of(whole)
    for name, value in weights_of(second).items():
        np.testing.assert_allclose(value, expected[name], atol=1e-6, err_msg=name)
    for name, value in weights_of(third).items():
        np.testing.assert_array_equal(value, weights_of(second)[name])


def test_texts_of_nothing_do_not_spoil_the_weights(tiny_transformer: Path, tmp_path: Path) -> None:
    checkpoint = load(tiny_transformer)
    checkpoint.tokenizer.post_processor = None  # no frame: one piece, of which nothing can be hidden
    before = weights_of(checkpoint)
    read(checkpoint, tmp_path / "short.safetensors", texts=["", "路", "灯"])
    for name, value in weights_of(checkpoint).items():
        np.testing.assert_array_equal(value, before[name])
    read(checkpoint, tmp_path / "mixed.safetensors", texts=["", "路", "灯", *TEXTS[:12]])
    assert all(np.isfinite(value).all() for value in weights_of(checkpoint).values())
