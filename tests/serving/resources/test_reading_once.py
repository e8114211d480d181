"""What is taken in is masked once and read by the encoder once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fenban.model import Router
from fenban.model.scoring.encoder import OnnxEncoder
from fenban.serving.desk.likeness import duplicates
from fenban.serving.desk.matters import intake
from fenban.training.encoder.embedding_cache import EmbeddingCache
from fenban.training.fitting.dense import FrozenSource
from fenban.training.train import train_model
from tests.model.artifact.test_with_encoder import write_encoder
from tests.serving.conftest import invented_cases

from .conftest import Matters

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.serving.conftest import Client


@pytest.fixture(scope="module")
def with_encoder(tmp_path_factory: pytest.TempPathFactory) -> Router:
    """The model of the invented cases, which also reads texts with a tiny encoder."""
    encoder = OnnxEncoder.load(write_encoder(tmp_path_factory.mktemp("encoder")))
    return Router(train_model(invented_cases(), dense=FrozenSource(encoder, EmbeddingCache(None))))


@pytest.fixture
def reading(with_encoder: Router, client_for: Callable[..., Client]) -> Matters:
    return Matters(client_for(with_encoder))


def vector_of(matters: Matters, submission_id: int) -> Any:
    with matters.client.app.state.service.database.reading() as session:
        return duplicates.load_vector(session, submission_id)


@pytest.fixture
def runs(reading: Matters, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one for each time that the encoder's graph is run."""
    found: list[object] = []
    run = OnnxEncoder._run
    monkeypatch.setattr(OnnxEncoder, "_run", lambda self, numbers: found.append(1) or run(self, numbers))
    return found


def test_a_matter_is_encoded_once_for_its_suggestion_and_its_likes(
    reading: Matters, runs: list[object]
) -> None:
    registered = reading.register(text="青秀区路灯坏了，工资也没发", title="路灯").json()
    assert registered["suggestion"] is not None
    assert vector_of(reading, registered["id"]) is not None
    assert len(runs) == 1


def test_what_is_added_to_a_matter_renews_its_vector(reading: Matters, runs: list[object]) -> None:
    registered = reading.register(text="青秀区路灯坏了")
    before = vector_of(reading, registered.json()["id"])
    asked = reading.act(registered, "steps", action="ask", why="在哪条路")
    runs.clear()
    added = reading.act(asked, "steps", action="supplement", text="工资工资工资，奶茶退钱")
    assert added.status_code == 201, added.text
    assert vector_of(reading, registered.json()["id"]) != before
    assert len(runs) == 1


def test_a_matter_is_masked_once(matters: Matters, monkeypatch: pytest.MonkeyPatch) -> None:
    masked: list[str] = []
    mask = intake.mask
    monkeypatch.setattr(intake, "mask", lambda text: masked.append(text) or mask(text))
    shown = matters.register(text="青秀区路灯坏了，电话13800000000", title="路灯").json()
    assert "13800000000" not in shown["text"]
    assert sorted(masked) == ["路灯", "青秀区路灯坏了，电话13800000000"]
