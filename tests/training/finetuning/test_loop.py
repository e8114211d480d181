"""Fine-tuning a tiny transformer: it learns, stays frozen where told, and goes on where it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.training.encoder.checkpoints import Checkpoint, open_checkpoint
from fenban.training.encoder.export import float_vectors
from fenban.training.encoder.sources import find_source
from fenban.training.finetuning import loop as tuner_module
from fenban.training.finetuning.batches import batches_by_length
from fenban.training.finetuning.loop import Tuner
from fenban.training.finetuning.recipe import Recipe
from fenban.training.finetuning.state import Saved, load_state, save_state
from fenban.training.fitting.classifiers import Target
from fenban.training.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

LAMP, WAGE = "城市管理局", "人力资源和社会保障局"
TEXTS = [
    *("路灯坏了", "路灯，坏了，坏了。", "坏了路灯", "垃圾占道。", "占道垃圾，垃圾", "路灯垃圾坏了占道，"),
    *("拖欠工资", "工资拖欠了。", "工资，工资", "欠工资欠工资，拖欠工资", "工资。", "拖欠，拖欠。"),
] * 3
LABELS = ([LAMP] * 6 + [WAGE] * 6) * 3
ROWS = np.arange(len(TEXTS))
TOPICS = Target("topic", ROWS[::2], tuple("甲" if i % 3 else "乙" for i in range(len(ROWS[::2]))))
TARGETS = [Target("function", ROWS, tuple(LABELS)), TOPICS]


def recipe_of(frozen: float = 0.5, **changes: Any) -> Recipe:
    return Recipe(**{"epochs": 4, "rate": 3e-3, "head_factor": 5.0, "batch": 8, "frozen": frozen, **changes})


def load(folder: Path) -> Checkpoint:
    return open_checkpoint(find_source(str(folder)), folder)


def tuner_of(folder: Path, recipe: Recipe, targets: list[Target] = TARGETS) -> Tuner:
    return Tuner(load(folder), TEXTS, targets, recipe, seed=7, device="cpu")


def weights_of(tuner: Tuner) -> dict[str, np.ndarray]:
    state = {name: value.numpy().copy() for name, value in tuner.checkpoint.model.state_dict().items()}
    for name, (weight, bias) in tuner.heads.arrays().items():
        state |= {f"head {name}": weight.copy(), f"bias {name}": bias.copy()}
    return state


def run(tuner: Tuner, resume: Path, progress: Any = silent, rows: np.ndarray = ROWS) -> None:
    tuner.run(rows, progress, resume=resume, epochs=tuner.recipe.epochs, rate=tuner.recipe.rate)


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [0.0, 0.5])
def test_a_simple_labelling_is_learnt(tiny_transformer: Path, tmp_path: Path, frozen: float) -> None:
    recipe = recipe_of(frozen, epochs=8, rate=1e-3, head_factor=20.0)
    tuner = tuner_of(tiny_transformer, recipe, TARGETS[:1])
    truth = np.array([TARGETS[0].classes.index(label) for label in LABELS])

    def loss() -> float:
        margins = tuner.margins(ROWS)["function"]
        shares = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
        return float(-np.log(shares[ROWS, truth]).mean())

    before = loss()
    run(tuner, tmp_path / "state.safetensors")
    assert loss() < 0.6 * before
    assert (tuner.margins(ROWS)["function"].argmax(axis=1) == truth).mean() > 0.95


@pytest.mark.parametrize(("frozen", "still"), [(0.0, 0), (0.5, 2)])
def test_only_what_is_not_frozen_changes(
    tiny_transformer: Path, tmp_path: Path, frozen: float, still: int
) -> None:
    tuner = tuner_of(tiny_transformer, recipe_of(frozen, epochs=1))
    before = weights_of(tuner)
    run(tuner, tmp_path / "state.safetensors")
    changed = {name for name, value in weights_of(tuner).items() if not np.array_equal(value, before[name])}
    assert "embeddings.word_embeddings.weight" not in changed
    assert ("embeddings.position_embeddings.weight" in changed) == (frozen == 0)
    for layer in range(4):
        assert (f"encoder.layer.{layer}.output.dense.weight" in changed) == (layer >= still)
    assert {"head function", "head topic"} <= changed


def test_only_the_layers_that_are_wanted_are_kept(tiny_transformer: Path, tmp_path: Path) -> None:
    tuner = tuner_of(tiny_transformer, recipe_of(epochs=1, layers=2))
    run(tuner, tmp_path / "state.safetensors")
    state = weights_of(tuner)
    assert {name.split(".")[2] for name in state if name.startswith("encoder.layer")} == {"0", "1"}
    assert tuner.checkpoint.model.config.num_hidden_layers == 2
    whole = tuner_of(tiny_transformer, recipe_of(layers=9))
    assert whole.checkpoint.model.config.num_hidden_layers == 4


def test_cached_states_are_the_computed_ones(tiny_transformer: Path) -> None:
    whole, halved = (tuner_of(tiny_transformer, recipe_of(frozen)) for frozen in (0.0, 0.5))
    expected, first, again = whole.margins(ROWS), halved.margins(ROWS), halved.margins(ROWS)
    backwards = halved.margins(ROWS[::-1].copy())
    for name, margins in expected.items():
        assert np.ptp(margins) > 0.01
        np.testing.assert_allclose(first[name], margins, atol=2e-3)
        np.testing.assert_array_equal(first[name], again[name])
        np.testing.assert_allclose(backwards[name][::-1], first[name], atol=1e-5)


def test_where_memory_is_short_states_are_computed_each_time(
    tiny_transformer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuner_module, "_MOST_CACHED", 0)
    whole, halved = (tuner_of(tiny_transformer, recipe_of(frozen)) for frozen in (0.0, 0.5))
    np.testing.assert_allclose(
        halved.margins(ROWS)["function"], whole.margins(ROWS)["function"], rtol=1e-4, atol=1e-5
    )
    assert not halved._states


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [0.0, 0.5])
@pytest.mark.parametrize("stop", [1, 11])
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(
    tiny_transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen: float, stop: int
) -> None:
    recipe = recipe_of(frozen)
    whole = tuner_of(tiny_transformer, recipe)
    run(whole, tmp_path / "whole.safetensors")
    monkeypatch.setattr(tuner_module, "_SAVE_EVERY", -1.0)

    def interrupt(step: str, done: int = 0, total: int = 0) -> None:
        if done == stop:
            raise KeyboardInterrupt

    resume = tmp_path / "broken.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(tuner_of(tiny_transformer, recipe), resume, interrupt)
    steps: list[int] = []
    second = tuner_of(tiny_transformer, recipe)
    run(second, resume, lambda step, done=0, total=0: steps.append(done))
    assert steps[0] == stop
    expected = weights_of(whole)
    for name, value in weights_of(second).items():
        np.testing.assert_allclose(value, expected[name], atol=2e-4, err_msg=name)
    third = tuner_of(tiny_transformer, recipe)
    run(third, resume, lambda step, done=0, total=0: steps.append(done))
    assert steps[-1] == 4 * 5
    np.testing.assert_array_equal(third.heads.arrays()["topic"][0], second.heads.arrays()["topic"][0])


def test_margins_are_those_of_the_vectors_that_will_be_served(tiny_transformer: Path, tmp_path: Path) -> None:
    tuner = tuner_of(tiny_transformer, recipe_of(epochs=1))
    run(tuner, tmp_path / "state.safetensors")
    weight, bias = tuner.heads.arrays()["function"]
    served = float_vectors(tuner.checkpoint, TEXTS) @ weight + bias
    np.testing.assert_allclose(tuner.margins(ROWS)["function"], served, atol=5e-3)


def test_texts_without_any_label_teach_nothing_and_stop_nothing(
    tiny_transformer: Path, tmp_path: Path
) -> None:
    few = [Target("function", ROWS[5:7], tuple(LABELS[5:7]))]
    tuner = tuner_of(tiny_transformer, recipe_of(epochs=1, batch=1), few)
    steps: list[int] = []
    run(tuner, tmp_path / "few.safetensors", lambda step, done=0, total=0: steps.append(total))
    assert set(steps) == {2}
    before = weights_of(tuner)
    run(tuner, tmp_path / "none.safetensors", rows=ROWS[20:])
    for name, value in weights_of(tuner).items():
        np.testing.assert_array_equal(value, before[name])


def test_labels_an_encoder_should_not_learn_are_left_out(tiny_transformer: Path) -> None:
    several = Target("function", ROWS, tuple((label,) for label in LABELS), several=True)
    others = [Target("danger", ROWS, tuple(LABELS)), Target("form", ROWS, ("投诉",) * len(ROWS)), several]
    assert [t.name for t in tuner_of(tiny_transformer, recipe_of(), [*others, TOPICS]).targets] == ["topic"]


@pytest.mark.parametrize("damage", ["no file", "cut off", "another format"])
def test_a_state_that_cannot_be_used_begins_anew(tmp_path: Path, damage: str) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    layer = torch.nn.Linear(2, 2)
    optimiser = torch.optim.AdamW(layer.parameters())
    path = tmp_path / "state.safetensors"
    save_state(path, Saved(5, {"layer": layer}, optimiser))
    if damage == "no file":
        path.unlink()
    elif damage == "cut off":
        path.write_bytes(path.read_bytes()[:-4])
    else:
        save_file({"layer.weight": torch.zeros(2, 2)}, str(path), metadata={"format": "other"})
    before = layer.weight.detach().clone()
    assert load_state(path, {"layer": layer}, optimiser) == 0
    assert torch.equal(layer.weight, before)
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".part"] == []


def test_every_text_is_in_one_batch_beside_those_of_its_length() -> None:
    ids = [[1] * (1 + 7 * i % 50) for i in range(300)]
    rows = np.arange(0, 300, 2)
    batches = batches_by_length(ids, rows, 16, np.random.default_rng(1))
    assert sorted(np.concatenate(batches)) == rows.tolist()
    assert max(map(len, batches)) == 16
    padding = sum(max(len(ids[i]) for i in batch) * len(batch) for batch in batches)
    assert padding < 1.2 * sum(len(ids[i]) for i in rows)
