"""What an encoder is: how it reads a text and makes one vector of it, by its own configuration.

Read are the files of sentence-transformers (``modules.json``, ``1_Pooling/config.json``,
``sentence_bert_config.json``, ``config_sentence_transformers.json``) and of transformers
(``config.json``, ``tokenizer_config.json``). Nothing is guessed: what no file says is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fenban.model import LEAST_TOKENS, OWN_POOLING, POOLINGS, InputError

from .declarations import read_modules, read_object

if TYPE_CHECKING:
    from pathlib import Path

    from .declarations import Modules
    from .options import EncoderOptions

MAX_TOKENS = 64  # half the time of 128 and nothing lost on hotline orders, half a point on long letters
_ENDLESS = 1_000_000  # tokenizers without a limit write a number far beyond
_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl")  # their positions start later
_ASKS_FOR_A_PREFIX = re.compile(r"(^|[-_/\\])e5([-_]|$)", re.IGNORECASE)
_MODES = {"mean_tokens": "mean", "cls_token": "cls", "lasttoken": "last", "mean": "mean", "cls": "cls"}


@dataclass(frozen=True, slots=True)
class Traits:
    """How an encoder reads a text: see ``EncoderSettings`` for the fields."""

    pooling: str
    prefix: str
    normalised: bool
    max_tokens: int
    limit: int | None = None


def choose_max_tokens(name: str, options: EncoderOptions, limit: int | None) -> int:
    """Return what is read of a text: as told, else ``MAX_TOKENS``, never more than the model can read.

    Raises:
        InputError: more is asked for than the model can read.
    """
    if options.max_tokens is None:
        return MAX_TOKENS if limit is None else min(MAX_TOKENS, limit)
    if limit is not None and options.max_tokens > limit:
        raise InputError(f"{name} reads {limit} tokens at most - give --max-tokens {limit} or less")
    return options.max_tokens


def read_traits(folder: Path, name: str, options: EncoderOptions) -> Traits:
    """Read the traits of a checkpoint, or of a graph that gives a vector a token.

    Raises:
        InputError: a file is damaged, it declares what fenban cannot do, or it does not say what has
            to be known; the message names the option.
    """
    modules = read_modules(folder)
    if modules.others:
        raise InputError(
            f"{name} declares a module that fenban does not apply ({', '.join(modules.others)}) - "
            "give a folder with its ONNX graph that has the output sentence_embedding"
        )
    prefix = read_prefix(folder, name, options)
    pooling = options.pooling or _declared_pooling(modules, name, prefix)
    limit = read_limit(modules.transformer)
    return Traits(pooling, prefix, modules.normalised, choose_max_tokens(name, options, limit), limit)


def read_graph_traits(folder: Path, name: str, options: EncoderOptions) -> Traits:
    """Read the traits of a graph that gives a vector a text: its pooling is its own.

    Raises:
        InputError: as of ``read_traits``.
    """
    modules = read_modules(folder)
    limit = read_limit(modules.transformer)
    prefix = read_prefix(folder, name, options)
    return Traits(OWN_POOLING, prefix, modules.normalised, choose_max_tokens(name, options, limit), limit)


def read_prefix(folder: Path, name: str, options: EncoderOptions) -> str:
    """Return what is put before every text: as told, else the default prompt of sentence-transformers.

    Raises:
        InputError: there are prompts and none is the default, or the model's family is known to want one.
    """
    if options.prefix is not None:
        return options.prefix
    content = read_object(folder / "config_sentence_transformers.json")
    prompts, default = content.get("prompts") or {}, content.get("default_prompt_name")
    if not isinstance(prompts, dict) or not all(isinstance(text, str) for text in prompts.values()):
        raise InputError(f"{folder / 'config_sentence_transformers.json'}: its prompts are no texts by name")
    if isinstance(default, str) and default in prompts:
        return str(prompts[default])
    if any(prompts.values()):
        choices = ", ".join(f"{key}: {text!r}" for key, text in sorted(prompts.items()))
        raise InputError(
            f"{name} declares several prompts and no default ({choices[:300]}) - "
            "say with --prefix TEXT what to put before every text, or --prefix '' for nothing"
        )
    called = (name, str(read_object(folder / "config.json").get("_name_or_path", "")))
    if not prompts and any(map(_ASKS_FOR_A_PREFIX.search, called)):
        raise InputError(
            f"{name} declares no prompt, and models of the e5 family were trained with one - "
            "give --prefix 'query: ', or --prefix '' for nothing"
        )
    return ""


def read_limit(transformer: Path) -> int | None:
    """Return how many tokens the model can read by whatever its files say, the least of them."""
    config = read_object(transformer / "config.json")
    inner = config.get("text_config")
    positions = config.get("max_position_embeddings") or (
        inner.get("max_position_embeddings") if isinstance(inner, dict) else None
    )
    if type(positions) is int and config.get("model_type") in _AFTER_PADDING:
        positions -= (config.get("pad_token_id") or 0) + 1
    told = [
        read_object(transformer / "sentence_bert_config.json").get("max_seq_length"),
        read_object(transformer / "tokenizer_config.json").get("model_max_length"),
        positions,
    ]
    return min((n for n in told if type(n) is int and LEAST_TOKENS <= n <= _ENDLESS), default=None)


def _declared_pooling(modules: Modules, name: str, prefix: str) -> str:
    content = read_object(modules.pooling / "config.json") if modules.pooling else {}
    modes = _declared_modes(content)
    advice = f"give --pooling {', '.join(POOLINGS[:-1])} or {POOLINGS[-1]}"
    if not modes:
        raise InputError(
            f"{name} does not say how the vectors of its tokens become one (no 1_Pooling/config.json) - "
            f"{advice}, as the model's description says"
        )
    if len(modes) > 1 or modes[0] not in POOLINGS:
        raise InputError(
            f"{name} declares a pooling that fenban does not know ({', '.join(modes)}) - {advice}"
        )
    if prefix and content.get("include_prompt") is False:
        raise InputError(
            f"{name} leaves its prompt out of the pooling (include_prompt), which fenban cannot do - "
            "give --prefix '' to read without one"
        )
    return modes[0]


def _declared_modes(content: dict[str, Any]) -> list[str]:
    """Return the poolings declared: flags up to sentence-transformers 5.2, a name or a list of them later."""
    told = content.get("pooling_mode")
    names = told if isinstance(told, list) else [told] if isinstance(told, str) else []
    flags = [key.removeprefix("pooling_mode_") for key, value in content.items() if value is True]
    flags = [key for key in flags if f"pooling_mode_{key}" in content]
    return [_MODES.get(mode, mode) for mode in map(str, names or flags)]
