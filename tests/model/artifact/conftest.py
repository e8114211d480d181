"""A model with a tiny encoder, and its folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fenban.model.artifact.folder import save
from fenban.model.scoring.encoder import OnnxEncoder
from fenban.model.scoring.stage import Cascade
from fenban.training.encoder.embedding_cache import EmbeddingCache
from fenban.training.fitting.dense import FrozenSource
from fenban.training.train import train_model
from tests.model.artifact.tiny_encoder import write_encoder

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.model import Case
    from fenban.model.scoring.content import ModelContent


@pytest.fixture(scope="session")
def fused(cases: list[Case], content: ModelContent, tmp_path_factory: pytest.TempPathFactory) -> ModelContent:
    encoder = OnnxEncoder.load(write_encoder(tmp_path_factory.mktemp("encoder")))
    learnt = train_model(cases, content.directory, dense=FrozenSource(encoder, EmbeddingCache(None)))
    return replace(learnt, cascade=Cascade(0.9, 0.5))


@pytest.fixture(scope="session")
def fused_folder(fused: ModelContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fused") / "model"
    save(fused, folder)
    return folder
