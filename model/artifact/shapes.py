"""Shapes of JSON values: what a stored value must be, checked before anything is made of it.

A shape is a function that raises ``ValueError`` with the place of whatever is not as promised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Shape: TypeAlias = Callable[[object, str], None]

_FINITE = 1e300


def string(value: object, where: str) -> None:
    """A text, which may be empty."""
    if not isinstance(value, str):
        raise ValueError(f"{where}: not a text")


def text(value: object, where: str) -> None:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: not a text")


def flag(value: object, where: str) -> None:
    """True or false, not 0 or 1."""
    if not isinstance(value, bool):
        raise ValueError(f"{where}: neither true nor false")


def number(low: float = -_FINITE, high: float = _FINITE) -> Shape:
    """A number from ``low`` to ``high``; not NaN, not infinite, not a truth value."""

    def check(value: object, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"{where}: not a number from {low} to {high}")

    return check


def exactly(wanted: int) -> Shape:
    """One whole number and no other."""

    def check(value: object, where: str) -> None:
        if type(value) is not int or value != wanted:
            raise ValueError(f"{where}: {value!r} where {wanted} was expected")

    return check


def one_of(*wanted: str) -> Shape:
    """One of a few texts."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, str) or value not in wanted:
            raise ValueError(f"{where}: none of {', '.join(wanted)}")

    return check


def optional(shape: Shape) -> Shape:
    """``null``, or what ``shape`` says."""

    def check(value: object, where: str) -> None:
        if value is not None:
            shape(value, where)

    return check


def list_of(shape: Shape, *, least: int = 0, distinct: bool = False) -> Shape:
    """A list of any length from ``least`` on; ``distinct``: of values that differ."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) < least:
            raise ValueError(f"{where}: not a list of {least} or more")
        for place, item in enumerate(value):
            shape(item, f"{where}[{place}]")
        if distinct and len(set(value)) < len(value):
            raise ValueError(f"{where}: the same value twice")

    return check


def row(*shapes: Shape) -> Shape:
    """A list of exactly these values."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) != len(shapes):
            raise ValueError(f"{where}: not a list of {len(shapes)}")
        for place, (shape, item) in enumerate(zip(shapes, value, strict=True)):
            shape(item, f"{where}[{place}]")

    return check


def by_name(shape: Shape, name: Shape = text) -> Shape:
    """An object of any names with values of one shape."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where}: not an object")
        for key, item in value.items():
            name(key, f"{where}: name {key!r}")
            shape(item, f"{where}.{key}")

    return check


def record(required: dict[str, Shape], allowed: dict[str, Shape] | None = None) -> Shape:
    """An object with the ``required`` names, perhaps the ``allowed`` ones, and no others."""
    shapes = {**required, **(allowed or {})}

    def check(value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where}: not an object")
        missing, unknown = sorted(required.keys() - value), sorted(value.keys() - shapes)
        if missing or unknown:
            raise ValueError(f"{where}: missing {missing}, unknown {unknown}")
        for key, item in value.items():
            shapes[key](item, f"{where}.{key}")

    return check


def known(shapes: dict[str, Shape]) -> Shape:
    """An object in which these names, if they are there, have these shapes; others are let through."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where}: not an object")
        for key, item in value.items():
            if key in shapes:
                shapes[key](item, f"{where}.{key}")

    return check


def either(one: Shape, other: Shape) -> Shape:
    """What one of two shapes says."""

    def check(value: object, where: str) -> None:
        try:
            one(value, where)
        except ValueError:
            other(value, where)

    return check
