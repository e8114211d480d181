"""Encoders by what the user wrote: folders, Hugging Face names with and without a revision, nonsense."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fenban.model.errors import InputError
from fenban.model.scoring.encoder import OnnxEncoder
from fenban.training.encoder.checkpoints import open_checkpoint
from fenban.training.encoder.folders import encoder_folder
from fenban.training.encoder.hub import split_revision
from fenban.training.encoder.options import EncoderOptions
from fenban.training.encoder.quiet import quiet_transformers
from fenban.training.encoder.sources import Layout, find_source, label_of

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "614241f622f53c4eeff9890bdc4f31cfecc418b3"
MODULES = {
    "modules.json": [
        {"path": "", "type": "x.Transformer"},
        {"path": "1_Pooling", "type": "x.Pooling"},
    ],
    "1_Pooling/config.json": {"pooling_mode_cls_token": True},
}


class Hub:
    """Stands for Hugging Face: ``kept`` lies in the cache, ``there`` on the network."""

    def __init__(self, kept: Path | None, there: Path | None) -> None:
        self.kept, self.there = kept, there
        self.asked: list[tuple[str, str | None, bool]] = []

    def snapshot_download(
        self, name: str, *, revision: str | None, local_files_only: bool, **_: object
    ) -> str:
        self.asked.append((name, revision, local_files_only))
        found = self.kept if local_files_only else self.there
        if found is None:
            raise OSError("network is unreachable\nand more lines")
        return str(found)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    with quiet_transformers():
        import huggingface_hub

    def made(kept: Path | None, there: Path | None) -> Hub:
        stand_in = Hub(kept, there)
        monkeypatch.setattr(huggingface_hub, "snapshot_download", stand_in.snapshot_download)
        return stand_in

    return made


@pytest.mark.parametrize("spec", ["{}/nowhere", "./nowhere", "a/b/c", "some/model@", "a b", "x@y z"])
def test_what_is_neither_folder_nor_name_is_refused_in_one_line(tmp_path: Path, spec: str) -> None:
    with pytest.raises(InputError, match="no such folder") as caught:
        find_source(spec.format(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_name_that_cannot_be_downloaded_is_refused_in_one_line(hub: Any) -> None:
    hub(None, None)
    with pytest.raises(InputError, match=r"some/model.*network is unreachable.*e5-small-zh") as caught:
        find_source("some/model")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="some/model@v9: neither a folder nor downloadable"):
        find_source("some/model@v9")


@pytest.mark.parametrize(
    ("spec", "revision"), [("some/model", None), (f"some/model@{COMMIT}", COMMIT), ("model@v1.0", "v1.0")]
)
def test_a_name_is_taken_at_its_revision_and_the_commit_is_written_down(
    hub: Any, write_transformer: Any, tmp_path: Path, spec: str, revision: str | None
) -> None:
    snapshot = write_transformer(tmp_path / "snapshots" / COMMIT, MODULES)
    asked = hub(None, snapshot).asked
    settings = OnnxEncoder.load(encoder_folder(spec, tmp_path)).settings
    name = spec.partition("@")[0]
    assert asked == [(name, revision, True), (name, revision, False)]
    assert (settings.name, settings.revision) == (name.replace("/", "-"), COMMIT)
    assert (
        json.loads((encoder_folder(spec, tmp_path) / "encoder.json").read_text("utf-8"))["revision"] == COMMIT
    )


def test_what_the_cache_holds_whole_is_not_asked_for_again(
    hub: Any, write_transformer: Any, tmp_path: Path
) -> None:
    stand_in = hub(write_transformer(tmp_path / COMMIT, MODULES), None)
    assert find_source("some/model").traits.pooling == "cls"
    assert [here for _, _, here in stand_in.asked] == [True]


def test_a_cache_that_lacks_what_is_said_of_the_pooling_is_completed_where_that_can_be(
    hub: Any, write_transformer: Any, tmp_path: Path
) -> None:
    """Transformers itself fetches weights and tokenizer alone."""
    half = write_transformer(tmp_path / "half" / COMMIT, {})
    whole = write_transformer(tmp_path / "whole" / COMMIT, MODULES)
    hub(half, whole)
    assert find_source("some/model").traits.pooling == "cls"
    hub(half, None)
    with pytest.raises(InputError, match="--pooling"):
        find_source("some/model")
    assert find_source("some/model", options=EncoderOptions(pooling="last")).traits.pooling == "last"


def test_a_ready_graph_is_fetched_where_there_are_no_weights(
    hub: Any, write_graph: Any, tmp_path: Path
) -> None:
    stand_in = hub(None, write_graph(tmp_path / COMMIT))
    source = find_source("some/graph")
    assert (source.layout, source.revision) == (Layout.GRAPH, COMMIT)
    assert len(stand_in.asked) == 3


def test_an_old_folder_with_its_transformer_below_is_read(write_transformer: Any, tmp_path: Path) -> None:
    write_transformer(tmp_path / "old" / "0_Transformer", {})
    modules = [{"path": "0_Transformer", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}]
    (tmp_path / "old" / "modules.json").write_text(json.dumps(modules), "utf-8")
    (tmp_path / "old" / "1_Pooling").mkdir()
    pooling = tmp_path / "old" / "1_Pooling" / "config.json"
    pooling.write_text('{"pooling_mode_mean_tokens": true}', "utf-8")
    folder = encoder_folder(str(tmp_path / "old"), tmp_path)
    assert OnnxEncoder.load(folder).settings.pooling == "mean"
    pooling.write_text('{"pooling_mode_cls_token": true}', "utf-8")
    assert encoder_folder(str(tmp_path / "old"), tmp_path) != folder


def test_weights_go_before_a_graph(write_transformer: Any, write_graph: Any, tmp_path: Path) -> None:
    folder = write_transformer(tmp_path / "both")
    write_graph(folder)
    assert find_source(str(folder)).layout is Layout.CHECKPOINT


def test_a_ready_graph_cannot_be_trained(write_graph: Any, tmp_path: Path) -> None:
    source = find_source(str(write_graph(tmp_path / "ready")))
    with pytest.raises(InputError, match=r"ready ONNX graph, which cannot be trained.*--finetune"):
        open_checkpoint(source, tmp_path)


def test_a_model_with_a_decoder_of_its_own_is_refused(tmp_path: Path) -> None:
    with quiet_transformers() as transformers:
        config = transformers.T5Config(vocab_size=18, d_model=16, d_kv=8, num_layers=1, num_heads=2, d_ff=32)
        transformers.T5Model(config).save_pretrained(tmp_path / "t5")
    (tmp_path / "t5" / "tokenizer.json").write_text(
        '{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}'
    )
    with pytest.raises(InputError, match=r"an encoder with a decoder \(t5\)"):
        encoder_folder(str(tmp_path / "t5"), tmp_path, options=EncoderOptions(pooling="mean"))


def test_names_and_labels() -> None:
    assert split_revision("some/model@main") == ("some/model", "main")
    assert split_revision("../up") is None
    assert label_of("some/model") == "some-model"
