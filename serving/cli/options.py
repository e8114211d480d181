"""Options that several commands share, and what they say as plain values."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fenban import training

from .. import jobs

if TYPE_CHECKING:
    from ..jobs import CaseFiles, EncoderChoice


def add_home(parser: argparse.ArgumentParser) -> None:
    """Add ``--home``."""
    parser.add_argument(
        "--home", metavar="DIR", help="registry, uploads, caches (default: FENBAN_HOME, else the data folder)"
    )


def add_model(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add ``--model``."""
    default = "" if required else " (default: the registry's champion)"
    parser.add_argument("--model", metavar="DIR", required=required, help=f"model folder{default}")


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add ``--database``."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        " (default: FENBAN_DATABASE, else SQLite in the home folder)",
    )


def add_cascade(parser: argparse.ArgumentParser, *, default: bool | None, usually: str) -> None:
    """Add ``--cascade`` and ``--no-cascade``; ``usually`` says in words what holds without either."""
    parser.add_argument(
        "--cascade",
        action=argparse.BooleanOptionalAction,
        default=default,
        help="ask the encoder only where the sparse part is unsure: faster, but fewer texts are sure"
        f" enough to go out by themselves (default: {usually})",
    )


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


def encoder_of(arguments: argparse.Namespace) -> EncoderChoice:
    """Return what the options of ``add_encoder`` say.

    Raises:
        InputError: they describe an encoder that is not named.
    """
    files = tuple(Path(file) for file in arguments.unlabelled)
    options = training.EncoderOptions(arguments.pooling, arguments.prefix, arguments.max_tokens)
    return jobs.EncoderChoice(arguments.encoder, arguments.finetune, files, options)


def add_cases(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add ``--cases``, ``--columns`` and ``--rejected``."""
    parser.add_argument(
        "--cases",
        metavar="FILE",
        nargs="+",
        action="extend",
        required=required,
        help=".jsonl, .csv or .xlsx; several files and repeats add up",
    )
    add_columns(parser)


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Add ``--columns`` and ``--rejected``."""
    parser.add_argument("--columns", metavar="MAP.toml", help="names the columns where headers are unusual")
    parser.add_argument(
        "--rejected", metavar="FILE", help="where unreadable rows go (default: NAME.rejected.csv here)"
    )


def case_files_of(arguments: argparse.Namespace) -> CaseFiles:
    """Return what the options of ``add_cases`` say."""
    files = tuple(Path(file) for file in arguments.cases)
    return jobs.CaseFiles(files, path_or_none(arguments.columns), path_or_none(arguments.rejected))


def path_or_none(given: str | None) -> Path | None:
    """Return the path of an option that may be left out."""
    return Path(given) if given else None
