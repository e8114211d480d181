"""A transformer as the three files that serving reads: pooled, int8, with its tokenizer."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model import GRAPH, TOKENIZER, EncoderSettings, InputError, MissingExtraError, OnnxEncoder

from .pooling import pool
from .quantise import quantise
from .quiet import first_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .checkpoints import Checkpoint
    from .traits import Traits

EXPORT_VERSION = 3
_OPSET = 17
_LOOKED_AT = ("路灯坏了", "小区门口的路灯坏了半个月，晚上黑得看不见台阶，请派人来修")  # of two lengths
_CLOSE_ENOUGH = 0.9  # cosine; int8 costs thousandths, a graph that was traced wrongly nearly everything


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Cosines between the vectors of the checkpoint in float32 and of its export."""

    mean: float
    least: float
    texts: int


def export(checkpoint: Checkpoint, out: Path) -> None:
    """Write the encoder's files into the folder ``out``; the model given is left as it is.

    Args:
        checkpoint: its model may be on a GPU, in another precision, or in the midst of training.
        out: a folder that exists.

    Raises:
        InputError: transformers' model of this kind cannot be written as a graph.
        MissingExtraError: torch or onnx is not installed.
    """
    try:
        import onnx
        import torch
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "neural") from error

    model = copy.deepcopy(checkpoint.model).to("cpu", torch.float32).eval()
    model.set_attn_implementation("eager")  # the plain products, which onnxruntime is quickest with
    graph = out / GRAPH
    _trace(model, checkpoint, graph)
    exported = onnx.load(str(graph))
    quantise(exported)
    onnx.save(exported, str(graph))
    checkpoint.tokenizer.save(str(out / TOKENIZER))
    traits = checkpoint.traits
    EncoderSettings(
        checkpoint.name,
        traits.prefix,
        traits.max_tokens,
        model.config.hidden_size,
        traits.pooling,
        traits.normalised,
        traits.limit,
        checkpoint.revision,
    ).write(out)


def check_export(checkpoint: Checkpoint, folder: Path) -> None:
    """Compare export and checkpoint, since tracing keeps what depends on a text's length as it was once.

    Raises:
        InputError: the graph gives other vectors.
    """
    found = measure_fidelity(checkpoint, folder, _LOOKED_AT)
    if not found.least >= _CLOSE_ENOUGH:
        raise InputError(
            f"{checkpoint.name} ({checkpoint.model.config.model_type}) cannot be converted: the graph gives "
            f"other vectors (cosine {found.least:.3f}) - give a folder with its ONNX graph"
        )


def measure_fidelity(checkpoint: Checkpoint, folder: Path, texts: Sequence[str]) -> Fidelity:
    """Compare the export in ``folder`` with the checkpoint it was made from.

    Raises:
        ValueError: no text is given.
    """
    if not texts:
        raise ValueError("fidelity needs texts")
    encoder = OnnxEncoder.load(folder)
    ours = encoder.encode(texts)
    theirs = float_vectors(checkpoint, texts)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosines = (ours * theirs).sum(axis=1) / np.maximum(lengths, 1e-12)
    return Fidelity(float(cosines.mean()), float(cosines.min()), len(texts))


def float_vectors(checkpoint: Checkpoint, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the pooled vectors of the checkpoint itself: ``(len(texts), dimension)``, float32."""
    import torch

    model = checkpoint.model
    tokenizer = copy.deepcopy(checkpoint.tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(checkpoint.traits.max_tokens)
    was_training = model.training
    model.eval()
    vectors = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for row, text in enumerate(texts):
            numbers = tokenizer.encode(checkpoint.traits.prefix + text).ids
            hidden = model(input_ids=torch.tensor([numbers], device=model.device)).last_hidden_state
            vectors[row] = pool(hidden, None, checkpoint.traits)[0].float().cpu().numpy()
    model.train(was_training)
    return vectors


def _trace(model: Any, checkpoint: Checkpoint, graph: Path) -> None:
    """Write the float32 graph."""
    if getattr(model.config, "use_cache", False):
        model.config.use_cache = False  # of a decoder: what is kept for the next word has no place in a graph
    # where no mask is given, decoders look for several texts in a row, which no graph can do
    masked = any(getattr(part, "is_causal", False) for part in model.modules())
    try:
        _write_trace(model, checkpoint.traits, graph, masked=masked)
    except Exception as error:  # whatever the model's own code raises when it is traced
        raise InputError(
            f"{checkpoint.name} ({model.config.model_type}) cannot be converted ({first_line(error)}) - "
            "give a folder with its ONNX graph"
        ) from error


def _write_trace(model: Any, traits: Traits, graph: Path, *, masked: bool) -> None:
    import torch

    module: Any = torch.nn.Module

    class Pooled(module):  # type: ignore[misc]
        """One vector a text; texts of one length need no mask."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: Any) -> Any:
            mask = {"attention_mask": torch.ones_like(input_ids)} if masked else {}
            return pool(self.inner(input_ids=input_ids, **mask).last_hidden_state, None, traits)

    example = torch.full((2, 7), min(5, model.config.vocab_size - 1))
    axes = {"input_ids": {0: "texts", 1: "tokens"}, "vectors": {0: "texts"}}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of tracing as such; the result is compared with the model
        torch.onnx.export(
            Pooled().eval(),
            (example,),
            str(graph),
            input_names=["input_ids"],
            output_names=["vectors"],
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,  # the newer exporter wants one more library and unrolls nothing better
        )
