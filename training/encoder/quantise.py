"""Int8 arithmetic for an exported encoder: weights by column, activations by row (a row is a token).

A scale for every token instead of one for the whole batch (Yao et al., ZeroQuant, 2022) keeps a
token's numbers independent of the texts beside it, and of the outliers in other tokens. The
arithmetic itself is onnxruntime's ``MatMulIntegerToFloat``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_DOMAIN = "com.microsoft"
_LARGE_TABLE = 1024  # rows from which an embedding table is worth the two extra steps
# Two products of a byte and a weight are added up in 16 bits on processors without VNNI: smaller
# weights saturate less often, larger ones are finer; in between the cosines are best.
_WEIGHT_RANGE = 95


def quantise(model: Any) -> None:
    """Rewrite an ``onnx.ModelProto`` (opset 13 to 17) in place: products and embedding tables as int8."""
    from onnx import helper

    rewriter = _Rewriter(model.graph)
    nodes = [new for node in model.graph.node for new in rewriter.replace_node(node)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))


class _Rewriter:
    """Gives for every node the nodes to put in its place."""

    def __init__(self, graph: Any) -> None:
        from onnx import helper, numpy_helper

        self._graph = graph
        self._helper = helper
        self._numpy = numpy_helper
        self._weights = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) == 2}
        self._rows: dict[str, tuple[str, str]] = {}
        self._step = self._constant("int8_step", np.array(1 / 127, dtype=np.float32))
        self._middle = self._constant("int8_middle", np.array(128, dtype=np.uint8))
        self._tiny = self._constant("int8_tiny", np.array(1e-9, dtype=np.float32))

    def replace_node(self, node: Any) -> Iterator[Any]:
        """Yield what does the node's work."""
        if node.op_type == "MatMul" and self._is_float(node.input[1]):
            yield from self._replace_product(node)
        elif node.op_type == "Gather" and self._is_float(node.input[0], _LARGE_TABLE):
            yield from self._replace_lookup(node)
        else:
            yield node

    def _is_float(self, name: str, rows: int = 0) -> bool:
        weights = self._weights.get(name)
        return weights is not None and weights.data_type == 1 and weights.dims[0] >= rows

    def _replace_product(self, node: Any) -> Iterator[Any]:
        make = self._helper.make_node
        source, weights = node.input
        if source not in self._rows:
            yield from self._quantise_rows(source)
        numbers, largest = self._rows[source]
        small, scale = self._quantise_columns(weights)
        output = node.output[0]
        inputs = [numbers, small, self._step, scale, self._middle]
        yield make("MatMulIntegerToFloat", inputs, [f"{output}_unscaled"], domain=_DOMAIN)
        yield make("Mul", [f"{output}_unscaled", largest], [output])

    def _quantise_rows(self, source: str) -> Iterator[Any]:
        make = self._helper.make_node
        size, largest, some = f"{source}_size", f"{source}_largest", f"{source}_some"
        yield make("Abs", [source], [size])
        yield make("ReduceMax", [size], [largest], axes=[-1], keepdims=1)
        yield make("Max", [largest, self._tiny], [some])
        yield make("Reciprocal", [some], [f"{source}_inverse"])
        yield make("Mul", [source, f"{source}_inverse"], [f"{source}_share"])
        yield make("QuantizeLinear", [f"{source}_share", self._step, self._middle], [f"{source}_int8"])
        self._rows[source] = f"{source}_int8", some

    def _quantise_columns(self, name: str) -> tuple[str, str]:
        if f"{name}_int8" not in self._weights:
            weights = self._numpy.to_array(self._weights[name])
            small, scale = _round_to_int8(weights, axis=0, largest=_WEIGHT_RANGE)
            self._constant(f"{name}_int8", small)
            self._constant(f"{name}_scale", scale.reshape(-1))
        return f"{name}_int8", f"{name}_scale"

    def _replace_lookup(self, node: Any) -> Iterator[Any]:
        make = self._helper.make_node
        name, numbers = node.input
        output = node.output[0]
        small, scale = _round_to_int8(self._numpy.to_array(self._weights[name]), axis=1, largest=127)
        rows = self._constant(f"{name}_int8", small)
        scales = self._constant(f"{name}_scale", scale)
        yield make("Gather", [rows, numbers], [f"{output}_int8"])
        yield make("Cast", [f"{output}_int8"], [f"{output}_float"], to=1)
        yield make("Gather", [scales, numbers], [f"{output}_scale"])
        yield make("Mul", [f"{output}_float", f"{output}_scale"], [output])

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        tensor = self._numpy.from_array(value, name)
        self._graph.initializer.append(tensor)
        self._weights[name] = tensor
        return name


def _round_to_int8(
    weights: NDArray[np.float32], axis: int, largest: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return the rounded weights and the scale that gives them back, one along ``axis``."""
    scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True) / largest, 1e-12).astype(np.float32)
    return np.round(weights / scale).astype(np.int8), scale
