"""A transformer as the three files that serving reads: pooled, int8, with its tokenizer."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model import GRAPH, TOKENIZER, EncoderSettings, MissingExtraError, OnnxEncoder

from .quantise import quantise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .checkpoints import Checkpoint

EXPORT_VERSION = 2
MAX_TOKENS = 64  # half the time of 128 and nothing lost on hotline orders, half a point on long letters
_OPSET = 17
_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl")  # their positions start later


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Cosines between the vectors of the checkpoint in float32 and of its export."""

    mean: float
    least: float
    texts: int


def export(checkpoint: Checkpoint, out: Path, max_tokens: int = MAX_TOKENS) -> None:
    """Write the encoder's files into the folder ``out``; the model given is left as it is.

    Args:
        checkpoint: its model may be on a GPU, in another precision, or in the midst of training.
        out: a folder that exists.
        max_tokens: what serving reads of a text at most; less where the model has fewer positions.

    Raises:
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
    _trace(model, graph)
    exported = onnx.load(str(graph))
    quantise(exported)
    onnx.save(exported, str(graph))
    checkpoint.tokenizer.save(str(out / TOKENIZER))
    limit = min(max_tokens, _positions(model.config, max_tokens))
    EncoderSettings(checkpoint.name, checkpoint.prefix, limit, model.config.hidden_size).write(out)


def fidelity(checkpoint: Checkpoint, folder: Path, texts: Sequence[str]) -> Fidelity:
    """Compare the export in ``folder`` with the checkpoint it was made from.

    Raises:
        ValueError: no text is given.
    """
    if not texts:
        raise ValueError("fidelity needs texts")
    encoder = OnnxEncoder.load(folder)
    ours = encoder.encode(texts)
    theirs = float_vectors(checkpoint, texts, encoder.settings.max_tokens)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosines = (ours * theirs).sum(axis=1) / np.maximum(lengths, 1e-12)
    return Fidelity(float(cosines.mean()), float(cosines.min()), len(texts))


def float_vectors(
    checkpoint: Checkpoint, texts: Sequence[str], max_tokens: int = MAX_TOKENS
) -> NDArray[np.float32]:
    """Return the mean-pooled vectors of the checkpoint itself: ``(len(texts), dimension)``, float32."""
    import torch

    model = checkpoint.model
    tokenizer = copy.deepcopy(checkpoint.tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    was_training = model.training
    model.eval()
    vectors = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for row, text in enumerate(texts):
            ids = torch.tensor([tokenizer.encode(checkpoint.prefix + text).ids], device=model.device)
            vectors[row] = model(input_ids=ids).last_hidden_state.mean(dim=1)[0].float().cpu().numpy()
    model.train(was_training)
    return vectors


def _trace(model: Any, graph: Path) -> None:
    import torch

    module: Any = torch.nn.Module

    class Pooled(module):  # type: ignore[misc]
        """The mean over the tokens; texts of one length need no mask."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: Any) -> Any:
            return self.inner(input_ids=input_ids).last_hidden_state.mean(dim=1)

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


def _positions(config: Any, otherwise: int) -> int:
    positions = int(getattr(config, "max_position_embeddings", 0) or otherwise)
    reserved = (config.pad_token_id or 0) + 1 if config.model_type in _AFTER_PADDING else 0
    return positions - reserved
