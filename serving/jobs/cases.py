"""Tables of cases or texts, read whole; rows that cannot be read are set aside in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model import InputError, mask
from fenban.training import default_rejected_path, read_cases, read_column_map, write_rejected

from .notices import CasesRead, SetAside, ignore
from .rows import open_submissions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fenban.model import Case, Submission
    from fenban.training import NamedColumns, Rejected

    from .notices import Notify


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """Tables of cases as somebody names them.

    Attributes:
        paths: .jsonl, .csv or .xlsx; they add up.
        columns: a file that names the columns where headers are unusual.
        rejected: where rows go that cannot be read; None: beside nothing, in the working folder.
    """

    paths: tuple[Path, ...]
    columns: Path | None = None
    rejected: Path | None = None


def read_case_files(files: CaseFiles, notify: Notify = ignore) -> tuple[list[Case], CasesRead]:
    """Read the cases of all files; return them and what is to be said of the reading.

    ``notify`` is told the latter too, also where a later file cannot be read at all: what came before
    it has been set aside by then.

    Raises:
        InputError: a file cannot be read, or the rejected rows would overwrite one.
    """
    refuse_overwriting(files.paths, files.rejected)
    reading = read_cases(files.paths, read_columns(files.columns))
    try:
        cases = list(reading)
    finally:
        said = CasesRead(
            dict(reading.warnings), set_rows_aside(files.paths, reading.rejected, files.rejected)
        )
        notify(said)
    return cases, said


def read_submissions(
    file: Path,
    columns: Path | None = None,
    jurisdiction: str | None = None,
    rejected: Path | None = None,
) -> tuple[list[Submission], SetAside | None]:
    """Return one submission per row, in order; a row that cannot be read counts as an empty text.

    Args:
        file: .txt, .jsonl, .csv or .xlsx.
        columns: a file that names the columns where headers are unusual.
        jurisdiction: where texts come from whose row names no place.
        rejected: where the rows go that cannot be read; None: into the working folder.

    Raises:
        InputError: the file cannot be read, or the rejected rows would overwrite it.
    """
    refuse_overwriting([file], rejected)
    submissions, unreadable = [], []
    with open_submissions(file, read_columns(columns), jurisdiction) as rows:
        for row in rows:
            if row.problem and not row.is_blank:
                unreadable.append(row.rejected(str(file)))
            submissions.append(row.submission)
    return submissions, set_rows_aside([file], unreadable, rejected)


def read_columns(path: Path | None) -> NamedColumns | None:
    """Read the file that names the columns, where there is one."""
    return read_column_map(path) if path else None


def refuse_overwriting(files: Sequence[Path], rejected: Path | None) -> None:
    """Refuse a file for rejected rows that is one of the inputs.

    Raises:
        InputError: it would overwrite what is to be read.
    """
    if rejected is not None and rejected.exists():
        for file in files:
            if file.exists() and rejected.samefile(file):
                raise InputError(f"{rejected}: is one of the inputs - name another file with --rejected")


def set_rows_aside(files: Sequence[Path], rows: Sequence[Rejected], rejected: Path | None) -> SetAside | None:
    """Write rejected rows, masked, to the working folder, never beside the input."""
    if not rows:
        return None
    target = rejected or default_rejected_path(files[0])
    write_rejected(target, rows, mask)
    return SetAside(target, tuple(rows))
