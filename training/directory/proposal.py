"""Writing a proposed directory as a table that a person corrects and ``fenban train`` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tables.writing import TableWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .inference import ProposedUnit

# the first four are read by ``read_directory``; the rest is for the person who confirms
HEADERS = ("单位", "职能", "属地", "别名", "件数", "把握", "理由", "建议合并到", "合并把握", "合并理由")
_WIDTHS = {"单位": 32, "职能": 24, "属地": 24, "别名": 28, "理由": 40, "建议合并到": 28, "合并理由": 60}


def write_proposal(rows: Iterable[ProposedUnit], path: Path) -> None:
    """Write one row a unit; raises TableError where the file cannot be written."""
    with TableWriter.open(path, HEADERS, _WIDTHS) as table:
        for row in rows:
            merge = row.merge
            table.write(
                (
                    row.name,
                    row.function,
                    row.jurisdiction,
                    "；".join(row.aliases) or None,
                    row.cases,
                    row.confidence,
                    row.reason,
                    merge.into if merge else None,
                    merge.confidence if merge else None,
                    merge.reason if merge else None,
                )
            )
