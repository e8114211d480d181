"""What the user may say of an encoder: which one, and what it does not say of itself."""

from __future__ import annotations

from dataclasses import dataclass

from fenban.model import LEAST_TOKENS, POOLINGS, InputError


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """``--pooling``, ``--prefix`` and ``--max-tokens``; None: as the encoder declares.

    Raises:
        InputError: a pooling that is none, or fewer tokens than a start, an end and a word.
    """

    pooling: str | None = None
    prefix: str | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.pooling is not None and self.pooling not in POOLINGS:
            raise InputError(f"--pooling {self.pooling}: give one of {', '.join(POOLINGS)}")
        if self.max_tokens is not None and self.max_tokens < LEAST_TOKENS:
            raise InputError(f"--max-tokens {self.max_tokens}: give {LEAST_TOKENS} or more")

    @property
    def given(self) -> list[str]:
        """The options that were given, as they are written on the command line."""
        values = {"--pooling": self.pooling, "--prefix": self.prefix, "--max-tokens": self.max_tokens}
        return [name for name, value in values.items() if value is not None]


AS_DECLARED = EncoderOptions()
