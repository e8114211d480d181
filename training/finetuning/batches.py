"""Texts as batches of token numbers, those of a batch alike in length."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..encoder.checkpoints import Checkpoint

_WIDE = 40  # batches that are sorted by length together


def token_numbers(checkpoint: Checkpoint, texts: Sequence[str]) -> list[list[int]]:
    """Return the token numbers of every text, the checkpoint's prefix included, as serving cuts them."""
    tokenizer = copy.deepcopy(checkpoint.tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(checkpoint.traits.max_tokens)
    encoded = tokenizer.encode_batch([checkpoint.traits.prefix + text for text in texts])
    return [list(item.ids) or [0] for item in encoded]


def batches_by_length(
    ids: Sequence[Sequence[int]], rows: NDArray[np.int64], size: int, generator: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Shuffle, then sort stretches by length, so that little is padded; shuffle the batches."""
    order = generator.permutation(rows)
    found: list[NDArray[np.int64]] = []
    for start in range(0, len(order), size * _WIDE):
        stretch = order[start : start + size * _WIDE]
        stretch = stretch[np.argsort([len(ids[i]) for i in stretch], kind="stable")]
        found += [stretch[i : i + size] for i in range(0, len(stretch), size)]
    return [found[i] for i in generator.permutation(len(found))]


def pad(ids: Sequence[Sequence[int]], device: str) -> tuple[Any, Any]:
    """Return token numbers and mask of a batch, both (texts, longest)."""
    import torch

    longest = max(map(len, ids))
    numbers = torch.ones(len(ids), longest, dtype=torch.long)
    mask = torch.zeros(len(ids), longest, dtype=torch.long)
    for row, item in enumerate(ids):
        numbers[row, : len(item)] = torch.tensor(item)
        mask[row, : len(item)] = 1
    return numbers.to(device), mask.to(device)
