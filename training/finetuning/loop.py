"""Fine-tuning an encoder: its pooled vectors and one linear head a label, learnt together, on CPU or GPU.

Learning several labels of a text at once is worth points on each (Caruana, 1997, "Multitask
Learning"). On a CPU the lower half of the layers stays as it is: their output is computed once, which
halves the time (Lee et al., 2019, "What Would Elsa Do? Freezing Layers During Transformer
Fine-Tuning", find little lost by it).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..encoder.pooling import pool
from .batches import batches_by_length, pad, token_numbers
from .heads import IGNORED, TunedHeads
from .schedule import build_warmup_schedule
from .state import Saved, load_state, save_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..encoder.checkpoints import Checkpoint
    from ..fitting.classifiers import Target
    from ..progress import Progress
    from .recipe import Recipe

_LOOKED_AT = 2000  # texts that tell what pooled vectors look like
_SAVE_EVERY = 120.0  # seconds
_MOST_CACHED = 2_000_000_000  # bytes of hidden states; beyond they are computed again each time


class Tuner:
    """An encoder in training with its heads.

    Args:
        checkpoint: the transformer to begin with; it is changed.
        texts: folded texts, in the order that the targets' rows count.
        targets: single-label targets; those that ``LOSS_WEIGHTS`` names are learnt.
        recipe: the settings.
        seed: of shuffling, dropout and the heads.
        device: "cpu" or "cuda".
        reference: what the encoder made of every text before it is tuned, (texts, k).
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        texts: Sequence[str],
        targets: Sequence[Target],
        recipe: Recipe,
        seed: int,
        device: str,
        reference: NDArray[np.float32] | None = None,
    ) -> None:
        import torch

        torch.manual_seed(seed)
        self.checkpoint, self.recipe, self.seed, self.device = checkpoint, recipe, seed, device
        self._model = checkpoint.model.to(device)
        _keep_layers(self._model, recipe.layers)
        self.heads = TunedHeads(
            targets, len(texts), recipe, self._model.config.hidden_size, device, reference
        )
        self._ids = token_numbers(checkpoint, texts)
        self._layers = _layers_of(self._model)
        self._n_frozen = self._freeze()
        self._states: dict[int, Any] = {}
        self._settle(seed)

    @property
    def targets(self) -> list[Target]:
        """The targets that are learnt."""
        return self.heads.targets

    def _settle(self, seed: int) -> None:
        """Let the heads see what pooled vectors look like before anything is tuned."""
        import torch

        rows = np.sort(np.random.default_rng(seed).permutation(len(self._ids))[:_LOOKED_AT])
        parts = []
        self._model.eval()
        with torch.no_grad():
            for start in range(0, len(rows), self.recipe.batch):
                parts.append(self._vectors(rows[start : start + self.recipe.batch]))
        if parts:
            self.heads.settle(torch.cat(parts), rows)

    def _freeze(self) -> int:
        for parameter in self._model.get_input_embeddings().parameters():
            parameter.requires_grad_(False)
        if self._layers is None or self.recipe.frozen <= 0:
            return 0
        for parameter in self._model.embeddings.parameters():
            parameter.requires_grad_(False)
        n = round(len(self._layers) * self.recipe.frozen)
        for layer in self._layers[:n]:
            for parameter in layer.parameters():
                parameter.requires_grad_(False)
        return n

    def run(
        self, rows: NDArray[np.int64], progress: Progress, *, resume: Path, epochs: int, rate: float
    ) -> None:
        """Learn from those of the texts that have a label; goes on where the same run was interrupted."""
        import torch

        labelled = [labels[rows] != IGNORED for labels in self.heads.labels.values()]
        rows = rows[np.any(labelled, axis=0)] if labelled else rows[:0]
        self.heads.begin(rows)
        trained = [p for p in self._model.parameters() if p.requires_grad]
        groups = [
            {"params": trained, "lr": rate},
            {"params": self.heads.parameters(), "lr": rate * self.recipe.head_factor},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=self.recipe.weight_decay)
        plan: list[NDArray[np.int64]] = []
        for epoch in range(epochs):
            generator = np.random.default_rng([self.seed, epoch])
            plan += batches_by_length(self._ids, rows, self.recipe.batch, generator)
        parts = {"model": self._model, **self.heads.modules}
        done = load_state(resume, parts, optimiser)
        schedule = build_warmup_schedule(optimiser, len(plan), self.recipe.warmup, done)
        saved_at = time.monotonic()
        self._model.train()
        torch.set_flush_denormal(True)  # of the whole process: taken back below
        for step in range(done, len(plan)):
            progress("fine-tuning", step, len(plan))
            torch.manual_seed(self.seed + step)  # so that a resumed run drops what the whole one would
            self._step(plan[step], optimiser, trained)
            schedule.step()
            if time.monotonic() - saved_at > _SAVE_EVERY:
                save_state(resume, Saved(step + 1, parts, optimiser))
                saved_at = time.monotonic()
        save_state(resume, Saved(len(plan), parts, optimiser))
        torch.set_flush_denormal(False)
        progress("fine-tuning", len(plan), len(plan))
        self._model.eval()

    def _step(self, batch: NDArray[np.int64], optimiser: Any, trained: list[Any]) -> None:
        import torch

        loss = self.heads.loss(self._vectors(batch), batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()

    def margins(self, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """Return (rows, classes) margins in full precision, by head."""
        import torch

        self._model.eval()
        out = {t.name: np.zeros((len(rows), len(t.classes)), dtype=np.float32) for t in self.targets}
        order = np.argsort([len(self._ids[i]) for i in rows], kind="stable")
        with torch.inference_mode():
            for start in range(0, len(rows), 2 * self.recipe.batch):
                part = order[start : start + 2 * self.recipe.batch]
                for name, margins in self.heads.margins(self._vectors(rows[part])).items():
                    out[name][part] = margins
        return out

    def _vectors(self, batch: NDArray[np.int64]) -> Any:
        import torch

        ids = [self._ids[i] for i in batch]
        numbers, mask = pad(ids, self.device)
        if self._layers is None or not self._n_frozen:
            hidden = self._model(input_ids=numbers, attention_mask=mask).last_hidden_state
        else:
            blocked = (1.0 - mask.float())[:, None, None, :] * torch.finfo(torch.float32).min
            hidden = self._below(batch, numbers, blocked)
            for layer in self._layers[self._n_frozen :]:
                hidden = _first(layer(hidden, blocked))
        return pool(hidden, mask, self.checkpoint.traits)

    def _below(self, batch: NDArray[np.int64], numbers: Any, blocked: Any) -> Any:
        """Return what comes out of the frozen layers, computed once a text where memory allows."""
        import torch

        size = 2 * self._model.config.hidden_size * sum(map(len, self._ids))
        known = all(int(i) in self._states for i in batch)
        if not known:
            training = self._model.training
            self._model.eval()
            with torch.no_grad():
                hidden = self._model.embeddings(input_ids=numbers)
                for layer in (self._layers or [])[: self._n_frozen]:
                    hidden = _first(layer(hidden, blocked))
            self._model.train(training)
            if size > _MOST_CACHED:
                return hidden
            for row, i in enumerate(batch):
                self._states[int(i)] = hidden[row, : len(self._ids[i])].to(torch.float16)
        states = torch.zeros(*numbers.shape, self._model.config.hidden_size, device=self.device)
        for row, i in enumerate(batch):
            state = self._states[int(i)]
            states[row, : len(state)] = state.float()
        return states


def best_device() -> str:
    """Return "cuda" where torch finds a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _keep_layers(model: Any, n: int | None) -> None:
    """Take the upper layers off, where the model is built so that this can be done."""
    layers = _layers_of(model)
    if layers is not None and n is not None and n < len(layers):
        model.encoder.layer = layers[:n]
        model.config.num_hidden_layers = n


def _layers_of(model: Any) -> Any:
    """Return the layers of a model that is built like BERT, else None: it is then trained whole."""
    layers = getattr(getattr(model, "encoder", None), "layer", None)
    return layers if hasattr(model, "embeddings") and model.config.model_type == "bert" else None


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output
