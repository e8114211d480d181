"""The baseline that a tutorial leads to: a transformer with one linear layer, trained as a whole.

The loop is written out in torch: ``Trainer`` wants a library whose name our ``datasets`` folder has.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model.errors import MissingExtraError

from .scoring import Ranked, best_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

EPOCHS = 3
RATE = 5e-5
_SEED = 0
_BATCH = 32
_SORTED_AT_ONCE = 40  # batches that are cut from one stretch sorted by length: less padding
_WEIGHT_DECAY = 0.01


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fine-tune; ``checkpoint`` is a Hugging Face folder.

    ``frozen_words`` leaves the word embeddings as they are, which saves the greater part of the
    optimiser's work on a CPU.
    """

    checkpoint: Path
    epochs: int = EPOCHS
    rate: float = RATE
    prefix: str = "query: "
    max_tokens: int = 128
    frozen_words: bool = True


class PlainFineTune:
    """Mean of the tokens, one linear layer, AdamW with a rate that falls to zero; GPU if there is one."""

    probabilities = True

    def __init__(self, recipe: Recipe) -> None:
        """Raise MissingExtraError where torch or transformers is not installed."""
        try:
            import tokenizers
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtraError(error.name or "torch", "neural") from error
        self._torch: Any = torch
        self._recipe = recipe
        torch.set_num_threads(os.cpu_count() or 1)
        torch.set_flush_denormal(True)  # else tiny numbers make a CPU several times slower
        torch.manual_seed(_SEED)
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        # not AutoTokenizer: without a tokenizer_config.json it guesses the wrong kind
        self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(recipe.checkpoint / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(recipe.max_tokens)
        self._model: Any = transformers.AutoModel.from_pretrained(recipe.checkpoint).to(self._device)
        self._head: Any = None
        self._classes: list[str] = []

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Train for the epochs of the recipe."""
        torch = self._torch
        self._classes = sorted(set(labels))
        number = {name: i for i, name in enumerate(self._classes)}
        truth = np.array([number[name] for name in labels])
        tokens = self._tokens(texts)
        self._head = torch.nn.Linear(self._model.config.hidden_size, len(self._classes)).to(self._device)
        if self._recipe.frozen_words:
            self._model.get_input_embeddings().weight.requires_grad_(False)
        learnt = [p for p in (*self._model.parameters(), *self._head.parameters()) if p.requires_grad]
        optimiser = torch.optim.AdamW(learnt, lr=self._recipe.rate, weight_decay=_WEIGHT_DECAY)
        steps = self._recipe.epochs * math.ceil(len(texts) / _BATCH)
        falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(1 - step / steps, 0.0))
        random = np.random.default_rng(_SEED)
        self._model.train()
        for _ in range(self._recipe.epochs):
            for rows in batches([len(t) for t in tokens], random):
                scores = self._scores([tokens[i] for i in rows])
                wanted = torch.tensor(truth[rows], device=self._device)
                torch.nn.functional.cross_entropy(scores, wanted).backward()
                torch.nn.utils.clip_grad_norm_(learnt, 1.0)
                optimiser.step()
                falling.step()
                optimiser.zero_grad()

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Return the first three by softmax, the texts taken by length."""
        torch = self._torch
        tokens = self._tokens(texts)
        chances = np.zeros((len(texts), len(self._classes)), dtype=np.float32)
        order = np.argsort([len(t) for t in tokens], kind="stable")
        self._model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                scores = self._scores([tokens[i] for i in rows])
                chances[rows] = scores.softmax(dim=1).cpu().numpy()
        return best_of(chances, self._classes)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [e.ids for e in self._tokenizer.encode_batch([self._recipe.prefix + text for text in texts])]

    def _scores(self, tokens: list[list[int]]) -> Any:
        torch = self._torch
        width = max(map(len, tokens))
        padding = self._model.config.pad_token_id or 0
        ids = torch.tensor([row + [padding] * (width - len(row)) for row in tokens], device=self._device)
        mask = torch.tensor(
            [[1] * len(row) + [0] * (width - len(row)) for row in tokens], device=self._device
        )
        hidden = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
        shown = mask[..., None].to(hidden.dtype)
        return self._head((hidden * shown).sum(1) / shown.sum(1))


def batches(lengths: Sequence[int], random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield every row once, in batches of similar length that come in random order."""
    rows = random.permutation(len(lengths))
    cut = []
    for start in range(0, len(rows), _BATCH * _SORTED_AT_ONCE):
        stretch = rows[start : start + _BATCH * _SORTED_AT_ONCE]
        stretch = stretch[np.argsort([lengths[i] for i in stretch], kind="stable")]
        cut += [stretch[i : i + _BATCH] for i in range(0, len(stretch), _BATCH)]
    for i in random.permutation(len(cut)):
        yield cut[i]
