"""The state of a fine-tuning on disk, so that an interrupted one goes on: tensors and a number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMAT = "fenban-tuning-1"
_OF_OPTIMISER = "optimiser"


@dataclass(frozen=True, slots=True)
class Saved:
    """How many steps were done, and the modules and the optimiser as they are."""

    steps: int
    modules: Mapping[str, Any]
    optimiser: Any


def save_state(path: Path, saved: Saved) -> None:
    """Write the state whole or not at all; safetensors, because a pickle could run code."""
    from safetensors.torch import save_file

    tensors: dict[str, Any] = {}
    for name, module in saved.modules.items():
        trained = {key for key, parameter in module.named_parameters() if parameter.requires_grad}
        state = module.state_dict()
        tensors |= {f"{name}.{key}": state[key].detach().contiguous().clone() for key in sorted(trained)}
    for number, moments in saved.optimiser.state_dict()["state"].items():
        for key, value in moments.items():
            tensors[f"{_OF_OPTIMISER}.{number}.{key}"] = value.detach().contiguous().clone()
    staging = path.with_suffix(f".{os.getpid()}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(staging), metadata={"format": _FORMAT, "steps": str(saved.steps)})
    staging.replace(path)


def load_state(path: Path, modules: Mapping[str, Any], optimiser: Any) -> int:
    """Put a saved state back; return how many steps it had done (0 where there is none to use)."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return 0
    try:
        with safe_open(str(path), framework="pt") as file:
            facts = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no dictionary
    except (SafetensorError, OSError):
        return 0
    if facts.get("format") != _FORMAT:
        return 0
    for name, module in modules.items():
        found = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
        module.load_state_dict(found, strict=False)
    _restore(optimiser, tensors)
    return int(facts["steps"])


def _restore(optimiser: Any, tensors: Mapping[str, Any]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        if key.startswith(f"{_OF_OPTIMISER}."):
            _, number, name = key.split(".", 2)
            state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
