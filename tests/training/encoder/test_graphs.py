"""Ready ONNX graphs, whose vectors can be worked out by hand: rows of a table, and their sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.model.errors import InputError
from fenban.model.scoring.encoder import ENCODER_FILES, OnnxEncoder
from fenban.training.encoder.folders import encoder_folder
from fenban.training.encoder.options import EncoderOptions

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("onnx")

TEXTS = ["路灯坏了。", "工资", ""]
NUMBERS = {c: n + 4 for n, c in enumerate("路灯坏了工资水电垃圾停车，。")}
CLS = {"1_Pooling/config.json": {"pooling_mode_cls_token": True}}


def tokens(table: np.ndarray, text: str, prefix: str = "") -> np.ndarray:
    return np.asarray(table[[2, *(NUMBERS.get(c, 1) for c in prefix + text), 3]])


def encode(folder: Path, cache: Path, **options: Any) -> tuple[np.ndarray, OnnxEncoder]:
    encoder = OnnxEncoder.load(encoder_folder(str(folder), cache, options=EncoderOptions(**options)))
    return encoder.encode(TEXTS), encoder


@pytest.mark.parametrize("opset", [13, 17, 20])
@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
def test_vectors_of_tokens_are_pooled_as_told(
    write_graph: Any, table: np.ndarray, tmp_path: Path, pooling: str, opset: int
) -> None:
    folder = write_graph(tmp_path / "ready", outputs=("token_embeddings",), opset=opset)
    vectors, encoder = encode(folder, tmp_path, pooling=pooling, prefix="水")
    pooled = {
        "mean": lambda rows: rows.mean(axis=0),
        "cls": lambda rows: rows[0],
        "last": lambda rows: rows[-1],
    }
    expected = [pooled[pooling](tokens(table, text, "水")) for text in TEXTS]
    np.testing.assert_allclose(vectors, expected, rtol=1e-5)
    assert (encoder.dimension, encoder.settings.pooling, encoder.settings.prefix) == (3, pooling, "水")


@pytest.mark.parametrize("path", ["model.onnx", "onnx/model.onnx", "onnx/model_O4.onnx"])
def test_the_declared_pooling_and_normalisation_are_applied(
    write_graph: Any, table: np.ndarray, tmp_path: Path, path: str
) -> None:
    modules = [
        {"path": p, "type": f"x.{k}"}
        for p, k in (("", "Transformer"), ("1_Pooling", "Pooling"), ("2", "Normalize"))
    ]
    declared = {**CLS, "modules.json": modules, "tokenizer_config.json": {"model_max_length": 5}}
    folder = write_graph(tmp_path / "ready", declared, outputs=("last_hidden_state",), path=path)
    vectors, encoder = encode(folder, tmp_path)
    first = table[2] / np.linalg.norm(table[2])
    np.testing.assert_allclose(vectors, [first] * 3, rtol=1e-5)
    settings = encoder.settings
    assert (settings.pooling, settings.normalised, settings.max_tokens, settings.limit) == ("cls", True, 5, 5)


def test_a_graph_that_gives_a_vector_a_text_needs_no_pooling(
    write_graph: Any, table: np.ndarray, tmp_path: Path
) -> None:
    folder = write_graph(tmp_path / "ready")
    vectors, encoder = encode(folder, tmp_path)
    np.testing.assert_allclose(vectors, [tokens(table, text).sum(axis=0) for text in TEXTS], rtol=1e-5)
    assert encoder.settings.pooling == "graph"
    other, encoder = encode(
        folder, tmp_path, pooling="last"
    )  # its tokens are there too, and that was asked for
    np.testing.assert_allclose(other, [table[3]] * 3, rtol=1e-5)
    assert encoder.settings.pooling == "last"


@pytest.mark.parametrize(
    "inputs",
    [{"input_ids": 7}, {"input_ids": 7, "attention_mask": 1}, {"input_ids": 7, "attention_mask": 6}],
)
def test_whatever_mask_a_graph_wants_is_made(
    write_graph: Any, table: np.ndarray, tmp_path: Path, inputs: dict[str, int]
) -> None:
    folder = write_graph(tmp_path / "ready", inputs=inputs)
    np.testing.assert_allclose(
        encode(folder, tmp_path)[0], [tokens(table, t).sum(axis=0) for t in TEXTS], rtol=1e-5
    )


def test_positions_count_from_zero(write_graph: Any, table: np.ndarray, tmp_path: Path) -> None:
    folder = write_graph(tmp_path / "ready", inputs={"input_ids": 7, "position_ids": 7})
    expected = [(tokens(table, text) + np.arange(len(text) + 2)[:, None]).sum(axis=0) for text in TEXTS]
    np.testing.assert_allclose(encode(folder, tmp_path)[0], expected, rtol=1e-5)


def test_weights_beside_the_graph_are_taken_along(
    write_graph: Any, table: np.ndarray, tmp_path: Path
) -> None:
    folder = write_graph(
        tmp_path / "ready", save_as_external_data=True, location="model.onnx_data", size_threshold=100
    )
    assert (folder / "onnx" / "model.onnx_data").is_file()
    vectors, encoder = encode(folder, tmp_path)
    np.testing.assert_allclose(vectors, [tokens(table, text).sum(axis=0) for text in TEXTS], rtol=1e-5)
    assert not list(encoder.folder.glob("*data*"))
    (folder / "onnx" / "model.onnx_data").write_bytes(bytes(4 * 54))
    assert not encode(folder, tmp_path)[0].any(), "other weights are another encoder"


@pytest.mark.parametrize(
    ("changes", "options", "problem"),
    [
        ({"outputs": ("last_hidden_state",)}, {}, "--pooling mean, cls or last"),
        ({"outputs": ("sentence_embedding",)}, {"pooling": "mean"}, "leave out --pooling"),
        ({"outputs": ("logits", "hidden")}, {"pooling": "mean"}, "gives logits, hidden"),
        ({"inputs": {"input_ids": 6}}, {}, "no input_ids of 64 bits"),
        ({"inputs": {"input_ids": 7, "past_key_values.0": 7}}, {}, r"wants past_key_values\.0"),
        ({"opset": 10}, {}, "opset 10"),
    ],
)
def test_a_graph_that_cannot_be_used_says_why(
    write_graph: Any, tmp_path: Path, changes: dict[str, Any], options: dict[str, Any], problem: str
) -> None:
    folder = write_graph(tmp_path / "ready", **changes)
    with pytest.raises(InputError, match=problem) as caught:
        encode(folder, tmp_path, **options)
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "encoders").glob("ready-*"))


def test_several_graphs_none_of_which_is_the_model_are_not_chosen_from(
    write_graph: Any, tmp_path: Path
) -> None:
    folder = write_graph(tmp_path / "ready", path="onnx/model_O3.onnx")
    write_graph(folder, path="onnx/model_O4.onnx")
    with pytest.raises(InputError, match=r"several graphs \(model_O3\.onnx, model_O4\.onnx\)"):
        encode(folder, tmp_path)


def test_damaged_graphs_and_missing_tokenizers_are_refused(write_graph: Any, tmp_path: Path) -> None:
    folder = write_graph(tmp_path / "ready")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match="tokenizer cannot be read"):
        encode(folder, tmp_path)
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"ready cannot be used: tokenizer\.json cannot be read \(.*\)$"):
        encode(folder, tmp_path)
    graph = folder / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be read as an ONNX graph"):
        encode(folder, tmp_path)


def test_a_graph_that_cannot_read_so_many_tokens_names_the_option(write_graph: Any, tmp_path: Path) -> None:
    import onnx
    from onnx import helper, numpy_helper

    folder = write_graph(tmp_path / "ready", inputs={"input_ids": 7})
    path = folder / "onnx" / "model.onnx"
    model = onnx.load(str(path))
    tiles = numpy_helper.from_array(np.zeros((1, 20, 3), dtype=np.float32), "positions")
    model.graph.initializer.append(tiles)  # positions for twenty tokens, as of a model trained with no more
    bounds = [numpy_helper.from_array(np.array([n]), f"bound_{n}") for n in (0, 1)]
    model.graph.initializer.extend(bounds)
    first = [
        helper.make_node("Shape", ["input_ids"], ["shape"]),
        helper.make_node("Slice", ["shape", "bound_1", "two", "bound_0"], ["length"]),
        helper.make_node("Slice", ["positions", "bound_0", "length", "bound_1"], ["placed"]),
        helper.make_node("Add", ["tokens", "placed"], ["placed_tokens"]),
    ]
    for node in model.graph.node[1:]:
        node.input[:] = ["placed_tokens" if name == "tokens" else name for name in node.input]
    nodes = [model.graph.node[0], *first, *model.graph.node[1:]]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))
    with pytest.raises(InputError, match=r"do not fit together.*say so with --max-tokens"):
        encode(folder, tmp_path)
    assert encode(folder, tmp_path, max_tokens=20)[1].settings.max_tokens == 20


def test_an_encoder_fenban_wrote_is_taken_as_it_is(write_graph: Any, tmp_path: Path) -> None:
    ready = write_graph(tmp_path / "ready", {"tokenizer_config.json": {"model_max_length": 100}})
    first, encoder = encode(ready, tmp_path, prefix="水")
    kept = encoder.folder.rename(tmp_path / "kept")
    assert {path.name for path in kept.iterdir()} >= set(ENCODER_FILES)
    again, copied = encode(kept, tmp_path)
    np.testing.assert_array_equal(again, first)
    assert (copied.settings.prefix, copied.settings.pooling, copied.settings.limit) == ("水", "graph", 100)
    _, longer = encode(kept, tmp_path, max_tokens=80, prefix="")
    assert (longer.settings.max_tokens, longer.settings.prefix) == (80, "")
    with pytest.raises(InputError, match="100 tokens at most"):
        encode(kept, tmp_path, max_tokens=101)
    with pytest.raises(InputError, match=r"written with its pooling \(graph\)"):
        encode(kept, tmp_path, pooling="mean")
