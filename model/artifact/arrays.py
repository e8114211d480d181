"""``arrays.safetensors``: the numbers of a model by name, and what each of them must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ..scoring.features import TABLE_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..scoring.content import ModelContent

Arrays: TypeAlias = "Mapping[str, NDArray[Any]]"
Order = Literal["any", "rising", "not falling", "not rising"]
Bound: TypeAlias = "float | str"  # a number, or the name of a size that numbers stay below


@dataclass(frozen=True, slots=True)
class ArrayShape:
    """What one array must be.

    ``size`` names each dimension; equal names mean equal lengths, ``+1`` one more. Numbers lie from
    ``low`` to ``high`` (a name: below that size). ``order`` is that of its numbers along the array.
    """

    dtype: str
    size: tuple[str, ...]
    low: float = -np.inf
    high: Bound = np.inf
    order: Order = "any"
    optional: bool = False


SPARSE = {
    "space.slots": ArrayShape("uint32", ("features",), 0, (1 << TABLE_BITS) - 1, "rising"),
    "space.idf": ArrayShape("float32", ("features",), 0),
    "weights.data": ArrayShape("float16", ("weights",)),
    "weights.indices": ArrayShape("uint16", ("weights",), 0, "classes"),
    "weights.indptr": ArrayShape("int32", ("features+1",), 0, "weights+1", "not falling"),
    "intercept": ArrayShape("float32", ("classes",)),
}
CURVE = {
    "confidence": ArrayShape("float32", ("seen",), 0, 1, "not rising"),
    "correct": ArrayShape("uint8", ("seen",), 0, 1),
    "answer": ArrayShape("int32", ("seen",), 0, "answers", optional=True),
}
DENSE = {
    "dense.weights": ArrayShape("float32", ("dimension", "dense classes")),
    "dense.intercept": ArrayShape("float32", ("dense classes",)),
    "dense.centre": ArrayShape("float32", ("dimension",)),
}
UNITS = {
    "units.function": ArrayShape("int32", ("units",), 0, "functions", "not falling"),
    "units.flat": ArrayShape("int32", ("units",), -1, "unit classes"),
    "units.jurisdiction": ArrayShape("int32", ("units",), -1, "jurisdictions"),
    "units.log_frequency": ArrayShape("float32", ("units",), 0),
}
TAUGHT = {
    "taught.counts": ArrayShape("int32", ("taught",), 0),
    "taught.columns": ArrayShape("int32", ("taught",), 0, "paths"),
    "taught.bounds": ArrayShape("int32", ("names+1",), 0, "taught+1", "not falling"),
    "taught.totals": ArrayShape("int32", ("paths",), 0),
}


def arrays_of(content: ModelContent) -> dict[str, NDArray[Any]]:
    """Return the arrays of a model by name."""
    weights = content.heads.weights
    arrays: dict[str, NDArray[Any]] = {
        "space.slots": content.space.slots,
        "space.idf": content.space.idf,
        "weights.data": weights.data.astype(np.float16),
        "weights.indices": weights.indices.astype(np.uint16),
        "weights.indptr": weights.indptr.astype(np.int32),
        "intercept": content.heads.intercept,
    }
    for name, stage in content.stages.items():
        for label, curve in stage.curves.items():
            arrays[f"curve.{name}.{label}.confidence"] = curve.confidence
            arrays[f"curve.{name}.{label}.correct"] = curve.correct
            if curve.answer is not None:
                arrays[f"curve.{name}.{label}.answer"] = curve.answer
    if content.dense:
        arrays["dense.weights"] = content.dense.weights
        arrays["dense.intercept"] = content.dense.intercept
        arrays["dense.centre"] = content.dense.centre
    if content.composer:
        table = content.composer.table
        arrays["units.function"] = table.function
        arrays["units.flat"] = table.flat
        arrays["units.jurisdiction"] = table.jurisdiction
        arrays["units.log_frequency"] = table.log_frequency
        arrays |= content.composer.taught.arrays() if content.composer.taught else {}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def check_arrays(settings: Mapping[str, Any], arrays: Arrays) -> None:
    """Hold every array against its shape, the sizes against the (checked) settings.

    Raises:
        ValueError: an array is missing, unknown, or not what the tables above say.
    """
    shapes, sizes = _shapes_and_sizes(settings)
    unknown = sorted(set(arrays) - set(shapes))
    if unknown:
        raise ValueError(f"arrays of unknown names: {', '.join(unknown)}")
    for name, shape in shapes.items():
        if name in arrays:
            _check_size(name, arrays[name], shape, sizes)
        elif not shape.optional:
            raise ValueError(f"{name} is missing")
    for name, array in arrays.items():
        _check_numbers(name, array, shapes[name], sizes)
    for bounds, size in (("weights.indptr", "weights"), ("taught.bounds", "taught")):
        if bounds in arrays and (arrays[bounds][0] != 0 or arrays[bounds][-1] != sizes[size]):
            raise ValueError(f"{bounds}: does not span the {size}")


def _shapes_and_sizes(settings: Mapping[str, Any]) -> tuple[dict[str, ArrayShape], dict[str, int]]:
    """Return what arrays a model of these settings has, and the sizes that the settings fix."""
    classes = {head["name"]: len(head["classes"]) for head in settings["heads"]}
    shapes, sizes = dict(SPARSE), {"classes": sum(classes.values())}
    for name, stage in settings["stages"].items():
        for label, answers in stage["curves"].items():
            curve = f"curve.{name}.{label}"
            sizes[f"{curve}.answers"] = len(answers)
            for part, shape in CURVE.items():
                high = f"{curve}.answers" if shape.high == "answers" else shape.high
                shapes[f"{curve}.{part}"] = ArrayShape(
                    shape.dtype,
                    (f"{curve}.seen",),
                    shape.low,
                    high,
                    shape.order,
                    shape.optional and not answers,
                )
    if settings["dense_heads"] is not None:
        shapes |= DENSE
        sizes["dense classes"] = sum(len(head["classes"]) for head in settings["dense_heads"])
    if settings["units"] is not None:
        shapes |= UNITS
        sizes |= {
            "units": len(settings["units"]),
            "functions": classes.get("function", 1),  # units of one kind all have number 0
            "unit classes": classes.get("unit", 0),
            "jurisdictions": classes.get("jurisdiction", 0),
        }
    if settings["taught_places"] is not None:
        shapes |= TAUGHT
        names, paths = settings["taught_places"]
        sizes |= {"names": len(names), "paths": len(paths)}
    return shapes, sizes


def _check_size(name: str, array: NDArray[Any], shape: ArrayShape, sizes: dict[str, int]) -> None:
    """Compare type and dimensions; a size that is not known yet is learnt from this array."""
    if array.dtype != shape.dtype or array.ndim != len(shape.size):
        raise ValueError(f"{name}: {array.ndim} dimensions of {array.dtype}")
    for size, length in zip(shape.size, array.shape, strict=True):
        base, _, more = size.partition("+")
        if length - int(more or 0) != sizes.setdefault(base, length - int(more or 0)):
            raise ValueError(f"{name}: {length} long, {size} is {sizes[base]}")


def _check_numbers(name: str, array: NDArray[Any], shape: ArrayShape, sizes: dict[str, int]) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name}: holds what is no number")
    if array.size and (shape.low > -np.inf or shape.high != np.inf):
        least, most = float(array.min()), float(array.max())
        if least < shape.low or most > _largest(shape.high, sizes):
            raise ValueError(f"{name}: numbers from {least:g} to {most:g}")
    if shape.order != "any" and _strays(array, shape.order):
        raise ValueError(f"{name}: is not {shape.order} throughout")


def _strays(array: NDArray[Any], order: Order) -> bool:
    """Whether two neighbours stand in another order."""
    first, second = array[:-1], array[1:]
    if order == "rising":
        return bool((first >= second).any())
    return bool((first > second if order == "not falling" else first < second).any())


def _largest(high: Bound, sizes: Mapping[str, int]) -> float:
    if not isinstance(high, str):
        return high
    base, _, more = high.partition("+")
    return sizes[base] + int(more or 0) - 1
