"""Ready ONNX graphs: which there is in a folder, what it gives, and its form as serving reads it.

A graph is taken as it is, in its own precision. It is framed so that it wants token numbers alone
(a text has no padding, so that its mask is all ones) and gives one vector a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fenban.model import InputError, MissingExtraError

from .quiet import first_line

if TYPE_CHECKING:
    from pathlib import Path

    from .traits import Traits

_PLACES = (".", "onnx")
_BY_TOKEN = ("token_embeddings", "last_hidden_state")
_BY_TEXT = ("sentence_embedding", "sentence_embeddings")
_OLDEST_OPSET = 11
_AXES_AS_INPUT = 18  # the opset from which reductions take their axes as an input
_INT64, _FLOAT = 7, 1


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a graph; ``by_token``: it gives a vector a token, not a vector a text."""

    name: str
    by_token: bool


def find_graph(folder: Path) -> Path | None:
    """Return ``model.onnx``, in the folder itself or in ``onnx``, else the only graph that is there.

    Raises:
        InputError: there are several and none is called ``model.onnx``.
    """
    found: list[Path] = []
    for place in _PLACES:
        if (folder / place / "model.onnx").is_file():
            return folder / place / "model.onnx"
        found += sorted((folder / place).glob("*.onnx"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:5])
        raise InputError(f"{folder} holds several graphs ({names}) - leave one, or call it model.onnx")
    return found[0] if found else None


def read_graph(path: Path, *, weights: bool = False) -> Any:
    """Return the ``onnx.ModelProto``, with what lies beside it if ``weights`` are asked for.

    Raises:
        InputError: it cannot be read.
        MissingExtraError: onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "neural") from error
    try:
        return onnx.load(str(path), load_external_data=weights)
    except Exception as error:  # protobuf's and onnx's errors have no base of their own
        raise InputError(f"{path} cannot be read as an ONNX graph ({first_line(error)})") from error


def choose_output(model: Any, path: Path, pooling: str | None) -> Output:
    """Return the output that is used: a vector a text where there is one and no ``pooling`` is asked for.

    Raises:
        InputError: none is known, or there is nothing to pool.
    """
    ranks = {output.name: len(output.type.tensor_type.shape.dim) for output in model.graph.output}
    by_token = [name for name in _BY_TOKEN if name in ranks]
    by_text = [name for name in _BY_TEXT if name in ranks]
    if len(ranks) == 1 and not by_token and not by_text:
        (name,) = ranks
        by_token, by_text = [name] * (ranks[name] == 3), [name] * (ranks[name] == 2)
    if by_text and pooling is None:
        return Output(by_text[0], by_token=False)
    if by_token:
        return Output(by_token[0], by_token=True)
    if by_text:
        raise InputError(f"{path} pools by itself (its output is {by_text[0]}) - leave out --pooling")
    known = ", ".join((*_BY_TEXT[:1], *_BY_TOKEN))
    raise InputError(f"{path} gives {', '.join(ranks)[:200] or 'nothing'}, where {known} is known")


def frame_graph(path: Path, traits: Traits, pooling: str | None) -> Any:
    """Return the graph with ``input_ids`` as its only input and ``vectors`` as its only output.

    Args:
        path: of the graph.
        traits: how vectors of tokens are pooled, and whether vectors are brought to length one.
        pooling: what the user asked for, by which the output is chosen.

    Raises:
        InputError: it wants what serving does not have, or is written in too old a form.
    """
    model = read_graph(path, weights=True)
    opset = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=0)
    if opset < _OLDEST_OPSET:
        raise InputError(f"{path} is written in opset {opset} - export it in {_OLDEST_OPSET} or newer")
    output = choose_output(model, path, pooling)
    frame = _Frame(model, opset)
    frame.fill_inputs(path)
    vectors = frame.cast(output.name)
    if output.by_token:
        vectors = frame.pool(vectors, traits.pooling)
    if traits.normalised:
        vectors = frame.normalise(vectors)
    frame.finish(vectors)
    return model


class _Frame:
    """Nodes before and after those of a graph."""

    def __init__(self, model: Any, opset: int) -> None:
        from onnx import helper, numpy_helper

        self._model, self._graph, self._opset = model, model.graph, opset
        self._helper, self._numpy = helper, numpy_helper
        self._before: list[Any] = []
        self._after: list[Any] = []
        self._count = 0

    def fill_inputs(self, path: Path) -> None:
        """Make every input but the token numbers of these: a mask of ones, kinds of zero, positions."""
        stored = {tensor.name for tensor in self._graph.initializer}
        inputs = [one for one in self._graph.input if one.name not in stored]
        kinds = {one.name: one.type.tensor_type.elem_type for one in inputs}
        if kinds.get("input_ids") != _INT64:
            raise InputError(f"{path} takes no input_ids of 64 bits")
        for name, kind in kinds.items():
            if name == "input_ids":
                continue
            if name not in ("attention_mask", "token_type_ids", "position_ids"):
                raise InputError(
                    f"{path} wants {name}, which is not known - export it for feature extraction"
                )
            ones = self._constants(0 if name == "token_type_ids" else 1)
            if name == "position_ids":
                counted = self._add(self._before, "CumSum", [ones, self._store(1)])
                ones = self._add(self._before, "Sub", [counted, self._store(1)])
            self._before.append(self._helper.make_node("Cast", [ones], [name], to=kind))
        kept = [one for one in self._graph.input if one.name in stored or one.name == "input_ids"]
        del self._graph.input[:]
        self._graph.input.extend(kept)

    def cast(self, name: str) -> str:
        """Return the name of the float32 form."""
        return self._add(self._after, "Cast", [name], to=_FLOAT)

    def pool(self, tokens: str, pooling: str) -> str:
        """Return the name of the pooled vectors, (texts, dimension)."""
        if pooling == "mean":
            return self._reduce("ReduceMean", tokens, axis=1, keepdims=0)
        return self._add(self._after, "Gather", [tokens, self._store(0 if pooling == "cls" else -1)], axis=1)

    def normalise(self, vectors: str) -> str:
        """Return the name of the vectors at length one; what is zero stays zero."""
        length = self._reduce("ReduceL2", vectors, axis=1, keepdims=1)
        some = self._add(self._after, "Max", [length, self._store(1e-12)])
        return self._add(self._after, "Div", [vectors, some])

    def finish(self, vectors: str) -> None:
        """Put all nodes in their places and name the output."""
        self._after.append(self._helper.make_node("Identity", [vectors], ["vectors"]))
        nodes = [*self._before, *self._graph.node, *self._after]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        del self._graph.output[:]
        self._graph.output.append(
            self._helper.make_tensor_value_info("vectors", _FLOAT, ["texts", "dimension"])
        )

    def _constants(self, value: int) -> str:
        shape = self._add(self._before, "Shape", ["input_ids"])
        tensor = self._helper.make_tensor("value", _INT64, [1], [value])
        return self._add(self._before, "ConstantOfShape", [shape], value=tensor)

    def _reduce(self, kind: str, source: str, axis: int, keepdims: int) -> str:
        if self._opset < _AXES_AS_INPUT:
            return self._add(self._after, kind, [source], axes=[axis], keepdims=keepdims)
        return self._add(self._after, kind, [source, self._store([axis])], keepdims=keepdims)

    def _store(self, value: Any) -> str:
        import numpy as np

        dtype = np.float32 if isinstance(value, float) else np.int64
        name = self._name()
        self._graph.initializer.append(self._numpy.from_array(np.array(value, dtype=dtype), name))
        return name

    def _add(self, nodes: list[Any], kind: str, inputs: list[str], **attributes: Any) -> str:
        name = self._name()
        nodes.append(self._helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _name(self) -> str:
        self._count += 1
        return f"fenban_frame_{self._count}"
