"""From the vectors of a text's tokens to one vector of the text, in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .traits import Traits


def pool(hidden: Any, mask: Any, traits: Traits) -> Any:
    """Return (texts, dimension) vectors of (texts, tokens, dimension) ones.

    Args:
        hidden: what the transformer gives for every token.
        mask: (texts, tokens), 1 for a token and 0 for the padding after the last; None: no padding.
        traits: the pooling, and whether the vectors are brought to length one.
    """
    vectors = _POOLS[traits.pooling](hidden, mask)
    if traits.normalised:
        import torch

        vectors = torch.nn.functional.normalize(vectors, dim=1)
    return vectors


def _mean(hidden: Any, mask: Any) -> Any:
    if mask is None:
        return hidden.mean(dim=1)
    weight = mask[..., None].to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1)


def _first(hidden: Any, mask: Any) -> Any:
    return hidden[:, 0]


def _last(hidden: Any, mask: Any) -> Any:
    import torch

    if mask is None:
        return hidden[:, -1]
    return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(1) - 1]


_POOLS = {"mean": _mean, "cls": _first, "last": _last}
