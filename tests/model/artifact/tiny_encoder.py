"""An encoder of a few characters, small enough to be written by every test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fenban.model.scoring.encoder import GRAPH, EncoderSettings

if TYPE_CHECKING:
    from pathlib import Path

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *"灯路工资酸奶停车树局退钱")


def write_encoder(folder: Path, dimension: int = 3) -> Path:
    """Write an encoder whose vectors are the mean of random rows, one for each of a few characters."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, pre_tokenizers

    table = np.random.default_rng(3).normal(size=(len(PIECES), dimension)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
            helper.make_node("ReduceMean", ["rows"], ["vectors"], axes=[1], keepdims=0),
        ],
        "tiny",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", dimension])],
        [numpy_helper.from_array(table, "table")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(folder / GRAPH))
    tokenizer = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(PIECES)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    EncoderSettings("tiny", "", 64, dimension).write(folder)
    return folder
