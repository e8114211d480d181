"""What a use-case tells whoever called it while it is still at work.

The command line prints these, a background job may log them; a use-case itself prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.training import Rejected


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that could not be read, and the file in which they stand now, masked."""

    file: Path
    rows: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class CasesRead:
    """Tables of cases have been read, or as much of them as can be read.

    Attributes:
        warnings: what was odd about cells, and in how many rows.
        set_aside: the rows that could not be read; None where there were none.
    """

    warnings: Mapping[str, int]
    set_aside: SetAside | None

    @property
    def n_rejected(self) -> int:
        """The number of rows that could not be read."""
        return len(self.set_aside.rows) if self.set_aside else 0


@dataclass(frozen=True, slots=True)
class StarterAwaited:
    """Another process is training the starter model, and this one waits for its result."""


@dataclass(frozen=True, slots=True)
class StarterBegun:
    """There is no model yet, so the starter model is trained first."""


@dataclass(frozen=True, slots=True)
class StarterReady:
    """The starter model is the champion of the registry in ``folder``."""

    version: str
    folder: Path


Notice = CasesRead | StarterAwaited | StarterBegun | StarterReady
Notify = Callable[[Notice], None]


def ignore(notice: Notice) -> None:
    """Tell nobody."""
