"""The directory of departments: taking in a city's list, proposing one from cases, finding its faults."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model import Directory, artifact, shipped_directory, shipped_gazetteer
from fenban.training import Registry, infer_directory, write_proposal

from ..desk.directory.files import read_list
from ..desk.directory.imports import propose
from ..store import directories
from ..store.base import CHINA
from .cases import read_case_files
from .notices import ignore
from .outputs import check_writable

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from fenban.training import ProposedUnit

    from ..desk.directory.files import Unreadable
    from ..desk.directory.imports import ImportOptions, Proposal
    from ..store.database import Database
    from ..store.directories import Version
    from .cases import CaseFiles
    from .notices import Notify


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What a list would make of the directory.

    Attributes:
        proposal: the directory as it would be, and what leads there.
        base: fingerprint of the directory that it was compared with.
        n_listed: how many rows of the list were read.
        unreadable: the rows that were not.
    """

    proposal: Proposal
    base: str
    n_listed: int
    unreadable: tuple[Unreadable, ...]


def today() -> dt.date:
    """Return the day in China, from which an import counts where no other is named."""
    return dt.datetime.now(CHINA).date()


def preview_import(database: Database, home: Path, file: Path, options: ImportOptions) -> ImportPreview:
    """Work out what a city's list changes; nothing is written.

    Where no list was ever taken in, it is compared with the champion's directory, else the shipped one.

    Raises:
        TableError: the list cannot be read at all.
    """
    listed, unreadable = read_list(file)
    with database.reading() as session:
        found = directories.load_current(session)
    current = found.directory if found else _first_directory(home)
    base = found.fingerprint if found else directories.fingerprint_of(current)
    return ImportPreview(propose(current, listed, options), base, len(listed), tuple(unreadable))


def apply_import(database: Database, preview: ImportPreview, by: str, note: str = "") -> Version:
    """Write what was looked at as the version that counts.

    Raises:
        ChangedMeanwhileError: another version came in since.
    """
    with database.writing() as session:
        return write_version(session, preview.proposal, by, note, expected=preview.base)


def write_version(session: Session, proposal: Proposal, by: str, note: str, *, expected: str) -> Version:
    """Write a proposed directory within a transaction of the caller's, its changes counted in the audit.

    Args:
        session: a writing session.
        proposal: what the list comes to.
        by: the actor's label.
        note: where the list comes from.
        expected: fingerprint of the directory that the proposal was compared with.

    Raises:
        ChangedMeanwhileError: another version came in since.
    """
    return directories.add(
        session,
        proposal.directory,
        by,
        note,
        expected=expected,
        detail=dict(Counter(change.kind for change in proposal.changes)),
    )


def _first_directory(home: Path) -> Directory:
    """Return the directory that a service would start with: the champion's, else the shipped one."""
    folder = Registry(home).champion_folder()
    if folder is None:
        return shipped_directory()
    return artifact.load(folder).directory or Directory((), ())


def propose_directory(files: CaseFiles, out: Path, notify: Notify = ignore) -> list[ProposedUnit]:
    """Write a table of the units that cases name, with functions, places and merges to be confirmed.

    Args:
        files: cases that name units.
        out: .xlsx, .csv or .jsonl to write.
        notify: told what the reading of the cases found.

    Raises:
        InputError: a file cannot be read or written, or no case names a unit.
    """
    check_writable(out)
    cases, _ = read_case_files(files, notify)
    rows = infer_directory(cases, shipped_gazetteer(None))
    write_proposal(rows, out)
    return rows


def faults_of(directory: Directory) -> list[str]:
    """Say of each unit what leaves nothing to tell it apart by."""
    at = Counter((unit.function, unit.jurisdiction) for unit in directory.units)
    kinds = Counter(unit.function for unit in directory.units)
    names = {unit.name for unit in directory.units}
    faults = []
    for unit in directory.units:
        if unit.jurisdiction is None and kinds[unit.function] > 1:
            faults.append(f"{unit.name}: no 属地, although {kinds[unit.function]} units do {unit.function}")
        if at[unit.function, unit.jurisdiction] > 1 and unit.jurisdiction is not None:
            faults.append(f"{unit.name}: another unit does {unit.function} at {unit.jurisdiction}")
        faults += [f"{unit.name}: its 别名 {alias} is a unit too" for alias in unit.aliases if alias in names]
    return faults
