"""Tiny encoders in every layout: transformers, sentence-transformers, a ready ONNX graph."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest

from fenban.training.encoder.quiet import quiet_transformers

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *"路灯坏了工资水电垃圾停车，。")
HIDDEN = 16
TABLE = np.random.default_rng(3).normal(size=(len(WORDS), 3)).astype(np.float32)
MEAN: dict[str, object] = {
    "1_Pooling/config.json": {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True}
}


@pytest.fixture(scope="session")
def table() -> np.ndarray:
    """The vectors of the pieces of ``write_graph``, (pieces, 3)."""
    return TABLE


class Write(Protocol):
    """Writes an encoder into a folder and returns it; ``declared`` are files of JSON beside it."""

    def __call__(self, folder: Path, declared: dict[str, object] | None = None, **config: Any) -> Path: ...


def write_declared(folder: Path, declared: dict[str, object]) -> None:
    for name, content in declared.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def write_tokenizer(path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(path))


@pytest.fixture(scope="session")
def write_transformer() -> Write:
    """A transformer of two layers with sixteen numbers a token, weights at random.

    Of ``kind="decoder"`` it looks back alone. It declares the mean where nothing else is declared.
    """

    def write(folder: Path, declared: dict[str, object] | None = None, **config: Any) -> Path:
        kind = config.pop("kind", "encoder")
        given = {
            "vocab_size": len(WORDS),
            "hidden_size": HIDDEN,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "max_position_embeddings": 24,
            **config,
        }
        with quiet_transformers() as transformers:
            import torch

            torch.manual_seed(2)
            if kind == "decoder":
                model = transformers.Qwen2Model(transformers.Qwen2Config(**given, num_key_value_heads=1))
            else:
                model = transformers.BertModel(transformers.BertConfig(**given))
            for name, weights in model.named_parameters():
                if weights.ndim > 1:  # layers that change little, so that the words still show at the top
                    words = "word_embeddings" in name or "embed_tokens" in name
                    torch.nn.init.normal_(weights, std=1.0 if words else 0.2)
            model.save_pretrained(folder)
        write_tokenizer(folder / "tokenizer.json")
        write_declared(folder, MEAN if declared is None else declared)
        return folder

    return write


@pytest.fixture(scope="session")
def write_graph() -> Write:
    """A graph whose tokens are rows of ``TABLE`` times the mask plus the kind, under ``graph``.

    ``outputs`` names what it gives: vectors of the tokens, and the length-one sum of them as the text's.
    """

    def write(folder: Path, declared: dict[str, object] | None = None, **config: Any) -> Path:
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        opset = config.pop("opset", 17)
        inputs = config.pop("inputs", {"input_ids": 7, "attention_mask": 7, "token_type_ids": 7})
        outputs = config.pop("outputs", ("token_embeddings", "sentence_embedding"))
        nodes = [helper.make_node("Gather", ["table", "input_ids"], ["tokens"])]
        for name in list(inputs)[1:]:  # what serving does not give takes part in the numbers
            nodes += [
                helper.make_node("Cast", [name], [f"{name}_float"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", [f"{name}_float", "two"], [f"{name}_column"]),
                helper.make_node(
                    "Mul" if name == "attention_mask" else "Add",
                    [nodes[-1].output[0], f"{name}_column"],
                    [f"with_{name}"],
                ),
            ]
        last = nodes[-1].output[0]
        for name in outputs:
            if "sentence" in name:
                nodes.append(helper.make_node("ReduceSum", [last, "one"], [name], keepdims=0))
            else:
                nodes.append(helper.make_node("Identity", [last], [name]))
        shapes = {name: ["texts", 3] if "sentence" in name else ["texts", "tokens", 3] for name in outputs}
        stored = {"table": TABLE, "one": np.array([1]), "two": np.array([2])}
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info(name, kind, ["texts", "tokens"]) for name, kind in inputs.items()],
            [helper.make_tensor_value_info(name, 1, shape) for name, shape in shapes.items()],
            [numpy_helper.from_array(array, name) for name, array in stored.items()],
        )
        path = folder / config.pop("path", "onnx/model.onnx")
        path.parent.mkdir(parents=True, exist_ok=True)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
        onnx.save(model, str(path), **config)
        write_tokenizer(folder / "tokenizer.json")
        write_declared(folder, declared or {})
        return folder

    return write
