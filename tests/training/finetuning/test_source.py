"""A tuned encoder from its checkpoint to the model folder that serves it."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.model import Router
from fenban.model.artifact.folder import save
from fenban.model.case import Submission
from fenban.model.scoring.encoder import OnnxEncoder
from fenban.training.encoder.options import EncoderOptions
from fenban.training.encoder.sources import find_source
from fenban.training.finetuning.recipe import Recipe
from fenban.training.finetuning.source import TunedSource, _key_of
from fenban.training.fitting.classifiers import Target
from fenban.training.fitting.splits import Split
from fenban.training.progress import silent
from fenban.training.train import train_model

if TYPE_CHECKING:
    from fenban.model.case import Case

RECIPE = Recipe(epochs=3, rate=1e-3, batch=8)
TEXTS = ["路灯坏了", "路灯，垃圾", "垃圾占道。", "拖欠工资", "工资", "欠工资。"] * 6
OFFICES = (["城市管理局"] * 3 + ["人力资源和社会保障局"] * 3) * 6
TARGETS = [
    Target("function", np.arange(36), tuple(OFFICES)),
    Target("form", np.arange(20), ("投诉", "求助") * 10),  # nobody noted it of the latest texts
]
SPLIT = Split(np.arange(36) < 26, np.arange(36) >= 26)


def source_of(folder: Path, cache: Path, **more: Any) -> TunedSource:
    return TunedSource(str(folder), cache, 3, RECIPE, **more)


@pytest.mark.slow
def test_observing_and_fitting_give_heads_an_encoder_and_its_quality(
    tiny_transformer: Path, tmp_path: Path
) -> None:
    part = source_of(tiny_transformer, tmp_path, unlabelled=("公交车占道", "拖欠工资")).part(TEXTS, silent)
    with pytest.raises(RuntimeError, match="observe"):
        part.fit(TARGETS)
    unseen = part.observe(TARGETS, [SPLIT])
    assert unseen.heads["function"].shape == unseen.votes["function"].shape == (10, 2)
    learnt = part.fit(TARGETS)
    assert isinstance(learnt.encoder, OnnxEncoder)
    assert learnt.heads.raw
    assert [head.name for head in learnt.heads.heads] == ["function", "form"]
    margins = learnt.heads.scores(learnt.encoder.encode(TEXTS))["function"]
    classes = learnt.heads.heads[0].classes
    assert np.mean([classes[i] for i in margins.argmax(axis=1)] == np.array(OFFICES)) > 0.8
    facts = part.facts()
    assert (facts["name"], facts["tuned"], facts["unlabelled"]) == ("tiny", True, 2)
    assert 0.95 < facts["int8"]["cosine_least"] <= facts["int8"]["cosine_mean"] <= 1.00001
    assert set(facts["int8"]["function"]) == {"float32", "int8"}
    assert "form" not in facts["int8"]
    left = {path.name for path in (tmp_path / "tuning").glob("*/*")}
    assert left == {"last"}


@pytest.mark.slow
def test_what_is_served_is_pooled_as_it_was_tuned(tiny_transformer: Path, tmp_path: Path) -> None:
    options = EncoderOptions(pooling="last", prefix="公交", max_tokens=12)
    part = source_of(tiny_transformer, tmp_path, options=options).part(TEXTS, silent)
    part.observe(TARGETS, [SPLIT])
    learnt = part.fit(TARGETS)
    settings = learnt.encoder.settings
    assert (settings.pooling, settings.prefix, settings.max_tokens) == ("last", "公交", 12)
    facts = part.facts()
    assert (facts["pooling"], facts["prefix"], facts["max_tokens"]) == ("last", "公交", 12)
    assert facts["int8"]["cosine_least"] > 0.95
    tuned = part._tuner
    assert tuned is not None
    served = learnt.heads.scores(learnt.encoder.encode(TEXTS))["function"]
    np.testing.assert_allclose(tuned.margins(np.arange(36))["function"], served, atol=0.1 * np.ptp(served))


def test_a_tuning_goes_on_only_with_the_same_encoder_read_the_same_way(
    tiny_transformer: Path, tmp_path: Path
) -> None:
    def key(folder: Path, **options: Any) -> str:
        source = source_of(folder, tmp_path, options=EncoderOptions(**options))
        found = find_source(source.spec, options=source.options)
        return _key_of(source.part(TEXTS, silent), found, TARGETS, SPLIT)

    moved = Path(shutil.copytree(tiny_transformer, tmp_path / "elsewhere" / "tiny"))
    assert key(moved) == key(tiny_transformer)
    changed = Path(shutil.copytree(tiny_transformer, tmp_path / "changed" / "tiny"))
    config = changed / "config.json"
    config.write_text(config.read_text("utf-8").replace('"gelu"', '"relu"'), "utf-8")
    others = [key(changed), key(moved, pooling="cls"), key(moved, prefix="公"), key(moved, max_tokens=12)]
    assert len({key(moved), *others}) == 5


@pytest.mark.slow
def test_a_whole_training_saved_and_loaded_says_the_same(
    tiny_transformer: Path, tmp_path: Path, tiny_cases: list[Case]
) -> None:
    content = train_model(tiny_cases, dense=source_of(tiny_transformer, tmp_path / "cache"))
    assert content.facts["kind"] == "fused"
    assert content.facts["encoder"]["int8"]["cosine_mean"] > 0.95
    save(content, tmp_path / "model")
    asked = [case.submission for case in tiny_cases[:6]] + [Submission("路灯坏了没有人修")]
    said = Router(content).suggest(asked)
    loaded = Router.load(tmp_path / "model").suggest(asked)
    different = {
        f.name
        for a, b in zip(said, loaded, strict=True)
        for f in fields(a)
        if getattr(a, f.name) != getattr(b, f.name)
    }
    assert different <= {"model"}  # its version: a model not yet saved has none
