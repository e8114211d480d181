"""Continued pretraining: an encoder reads a backlog before it is tuned, by filling in hidden words.

Masked language modelling (Devlin et al., 2019) over texts without labels (Gururangan et al., 2020,
"Don't Stop Pretraining"). The output layer is the table of word vectors, cut down to the pieces that
occur, behind a small transform that is thrown away afterwards.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from .batches import batches_by_length, pad, token_numbers
from .schedule import build_warmup_schedule
from .state import Saved, load_state, save_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..encoder.checkpoints import Checkpoint
    from ..progress import Progress
    from .recipe import Recipe

HIDDEN_SHARE = 0.15
RATE = 5e-5
_SAVE_EVERY = 120.0


def pretrain(
    checkpoint: Checkpoint,
    texts: Sequence[str],
    recipe: Recipe,
    seed: int,
    device: str,
    progress: Progress,
    resume: Path,
) -> None:
    """Read every text once; ``checkpoint.model`` is changed. Goes on where it was interrupted."""
    import torch

    torch.manual_seed(seed)
    model = checkpoint.model.to(device)
    table = model.get_input_embeddings()
    table.weight.requires_grad_(False)
    ids = [item for item in token_numbers(checkpoint, texts) if len(item) > 1]
    if not ids:  # of a single piece nothing can be hidden
        return
    mask_piece = _mask_piece(checkpoint.tokenizer)
    pieces = np.unique(np.concatenate([np.asarray(item) for item in ids]))
    size = model.config.hidden_size
    transform = torch.nn.Sequential(torch.nn.Linear(size, size), torch.nn.GELU(), torch.nn.LayerNorm(size))
    transform = transform.to(device)
    trained = [p for p in (*model.parameters(), *transform.parameters()) if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=recipe.weight_decay)
    plan = batches_by_length(ids, np.arange(len(ids)), recipe.batch, np.random.default_rng(seed))
    parts = {"model": model, "transform": transform}
    done, saved_at = load_state(resume, parts, optimiser), time.monotonic()
    schedule = build_warmup_schedule(optimiser, len(plan), recipe.warmup, done)
    words = table.weight[torch.from_numpy(pieces).to(device)]
    model.train()
    for step in range(done, len(plan)):
        progress("pretraining", step, len(plan))
        torch.manual_seed(seed + step)
        loss = _loss(model, transform, words, [ids[i] for i in plan[step]], pieces, mask_piece, seed + step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        if time.monotonic() - saved_at > _SAVE_EVERY:
            save_state(resume, Saved(step + 1, parts, optimiser))
            saved_at = time.monotonic()
    save_state(resume, Saved(len(plan), parts, optimiser))
    progress("pretraining", len(plan), len(plan))
    model.eval()


def _loss(
    model: Any,
    transform: Any,
    words: Any,
    ids: Sequence[Sequence[int]],
    pieces: NDArray[Any],
    mask_piece: int | None,
    seed: int,
) -> Any:
    """Return the cross-entropy of the hidden pieces: 80 % masked, 10 % replaced, 10 % left."""
    import torch

    device = str(words.device)
    numbers, mask = pad(ids, device)
    generator = np.random.default_rng(seed)
    chance = generator.random(tuple(numbers.shape))
    inner = mask.bool().cpu().numpy()
    inner[:, 0] = False
    hidden = inner & (chance < HIDDEN_SHARE)
    if not hidden.any():
        hidden = inner & (chance <= chance[inner].min(initial=math.inf))
    truth = np.searchsorted(pieces, numbers.cpu().numpy()[hidden])
    shown = numbers.cpu().numpy().copy()
    replaced = hidden & (chance < 0.9 * HIDDEN_SHARE)
    shown[replaced] = generator.choice(pieces, int(replaced.sum()))
    if mask_piece is not None:
        shown[hidden & (chance < 0.8 * HIDDEN_SHARE)] = mask_piece
    output = model(input_ids=torch.from_numpy(shown).to(device), attention_mask=mask).last_hidden_state
    asked = transform(output[torch.from_numpy(hidden).to(device)])
    return torch.nn.functional.cross_entropy(asked @ words.T, torch.from_numpy(truth).to(device))


def _mask_piece(tokenizer: Any) -> int | None:
    numbers = (tokenizer.token_to_id(name) for name in ("<mask>", "[MASK]"))
    return next((number for number in numbers if number is not None), None)
