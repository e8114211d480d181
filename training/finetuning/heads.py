"""What is learnt on top of an encoder in training: a head a label, and the way back to what it was.

The heads read pooled vectors that are centred and scaled to a common spread, since those of a sentence
encoder share most of their length and direction, and a linear layer learns slowly from what varies
little. A margin is raised by a part of the log-frequency of its class while it is learnt, so that rare
classes are not given up (Menon et al., 2021, "Long-Tail Learning via Logit Adjustment"). Beside the
heads a linear map learns to give back the vector that the encoder made of the text before it was tuned
(after Li & Hoiem, 2016, "Learning without Forgetting"); nobody reads it later, but an encoder that can
still tell all texts apart, not the large classes alone, does better by the small ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model import unit_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..fitting.classifiers import Target
    from .recipe import Recipe

# what a label's loss counts for; what is not named is not learnt by the encoder
LOSS_WEIGHTS = {
    "function": 1.0,
    "unit": 0.6,
    "topic": 0.5,
    "topic_first": 0.3,
    "jurisdiction": 0.3,
    "form": 0.3,
    "lane": 0.2,
}
IGNORED = -100
_ADJUSTED = ("function", "unit")  # what zones and first addresses speak of
_RIDGE = 1e-3  # of the mean variance, where the way back begins
_TINY = 1e-6


class TunedHeads:
    """Heads in training over (texts, dimension) pooled vectors.

    Args:
        targets: single-label targets; those that ``LOSS_WEIGHTS`` names are learnt.
        n_texts: how many texts there are.
        recipe: the settings.
        dimension: of the pooled vectors.
        device: "cpu" or "cuda".
        reference: what the encoder made of every text before, (texts, k); None: no way back is learnt.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        n_texts: int,
        recipe: Recipe,
        dimension: int,
        device: str,
        reference: NDArray[np.float32] | None,
    ) -> None:
        import torch

        self.targets = [t for t in targets if t.name in LOSS_WEIGHTS and not t.several and len(t.classes) > 1]
        self.labels = {t.name: _number_labels(t, n_texts) for t in self.targets}
        self._recipe, self._device = recipe, device
        self._heads = torch.nn.ModuleDict(
            {t.name: torch.nn.Linear(dimension, len(t.classes)) for t in self.targets}
        ).to(device)
        for head in self._heads.values():
            torch.nn.init.normal_(head.weight, std=0.02)
            torch.nn.init.zeros_(head.bias)
        self._drop = torch.nn.Dropout(recipe.dropout)
        self._mean = torch.zeros(dimension, device=device)
        self._spread = torch.ones(dimension, device=device)
        self._priors: dict[str, Any] = {}
        self._reference: Any = None
        self._back: Any = None
        if reference is not None and recipe.recall > 0:
            self._reference = torch.from_numpy(unit_vectors(reference, reference.mean(axis=0))).to(device)
            self._back = torch.nn.Linear(dimension, reference.shape[1], bias=False).to(device)

    @property
    def modules(self) -> dict[str, Any]:
        """What is trained here, by name."""
        return {"heads": self._heads, **({"back": self._back} if self._back is not None else {})}

    def parameters(self) -> list[Any]:
        """Return what is trained here."""
        return [parameter for module in self.modules.values() for parameter in module.parameters()]

    def settle(self, pooled: Any, rows: NDArray[np.int64]) -> None:
        """Take centre and spread from pooled vectors before tuning, and begin the way back from there."""
        import torch

        self._mean = pooled.mean(dim=0)
        self._spread = pooled.std(dim=0).clamp(min=_TINY) if len(pooled) > 1 else self._spread
        if self._back is None:
            return
        read = self._read(pooled).double()
        gram = read.T @ read
        gram += _RIDGE * len(read) * torch.eye(len(gram), device=gram.device, dtype=gram.dtype)
        wanted = self._reference[torch.from_numpy(rows).to(self._device)].double()
        with torch.no_grad():
            self._back.weight.copy_(torch.linalg.solve(gram, read.T @ wanted).T.float())

    def begin(self, rows: NDArray[np.int64]) -> None:
        """Count how often each class occurs among the texts that will be learnt from."""
        import torch

        for target in self.targets:
            if target.name in _ADJUSTED and self._recipe.adjustment > 0:
                numbers = self.labels[target.name][rows]
                counts = np.bincount(numbers[numbers >= 0], minlength=len(target.classes)) + 0.5
                prior = self._recipe.adjustment * np.log(counts / counts.sum())
                self._priors[target.name] = torch.from_numpy(prior.astype(np.float32)).to(self._device)

    def loss(self, pooled: Any, batch: NDArray[np.int64]) -> Any:
        """Return the loss of a batch of pooled vectors, the weighted sum of what each label's is."""
        import torch

        read = self._read(pooled)
        dropped = self._drop(read)
        loss = torch.zeros((), device=self._device)
        for name, head in self._heads.items():
            labels = torch.from_numpy(self.labels[name][batch]).to(self._device)
            if (labels != IGNORED).any():
                margins = head(dropped)
                margins = margins + self._priors[name] if name in self._priors else margins
                loss = loss + LOSS_WEIGHTS[name] * torch.nn.functional.cross_entropy(
                    margins, labels, ignore_index=IGNORED, label_smoothing=self._recipe.smoothing
                )
        if self._back is not None:
            wanted = self._reference[torch.from_numpy(batch).to(self._device)]
            close = torch.nn.functional.cosine_similarity(self._back(read), wanted, dim=1)
            loss = loss + self._recipe.recall * (1 - close).mean()
        return loss

    def margins(self, pooled: Any) -> dict[str, NDArray[np.float32]]:
        """Return (texts, classes) margins by head."""
        read = self._read(pooled)
        return {name: _to_numpy(head(read)) for name, head in self._heads.items()}

    def arrays(self) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Return (dimension, classes) weights and intercepts of every head, for vectors as they are."""
        mean, spread = _to_numpy(self._mean), _to_numpy(self._spread)
        found = {}
        for name, head in self._heads.items():
            weights = _to_numpy(head.weight).T / spread[:, None]
            found[name] = (np.ascontiguousarray(weights), _to_numpy(head.bias) - mean @ weights)
        return found

    def _read(self, pooled: Any) -> Any:
        return (pooled - self._mean) / self._spread


def _to_numpy(tensor: Any) -> NDArray[np.float32]:
    found: NDArray[np.float32] = tensor.detach().float().cpu().numpy()
    return found


def _number_labels(target: Target, n_texts: int) -> NDArray[np.int64]:
    number: Mapping[object, int] = {name: i for i, name in enumerate(target.classes)}
    found = np.full(n_texts, IGNORED, dtype=np.int64)
    found[target.rows] = [number[label] for label in target.labels]
    return found
