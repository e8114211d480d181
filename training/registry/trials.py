"""Where units on trial are kept: an append-only file beside the models of a registry.

Each line of ``registry/trials.jsonl`` adds a trial or removes one, with who did it and when. It lies
where a model folder of the registry finds it: two folders up.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import filelock

from fenban.model import FEWEST_EXAMPLES, MOST_EXAMPLES, FenbanError, InputError, Router, Trial, mask

from .private import close_to_others, make_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "trials.jsonl"
_PATIENCE = 60.0  # seconds


class TrialStore:
    """The trials of one registry folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / FILE

    def open_trials(self) -> tuple[Trial, ...]:
        """Return the trials that were added and not removed since, oldest first.

        Raises:
            InputError: a line of the file is damaged.
        """
        found: dict[str, Trial] = {}
        for action, trial in self._events():
            found.pop(trial.unit, None)
            if action == "add":
                found[trial.unit] = trial
        return tuple(found.values())

    def add(self, trial: Trial, actor: str) -> Trial:
        """Add a trial, its examples masked; one of the same unit is replaced. Return what is kept.

        Raises:
            InputError: it has no name, no duties, or not three to ten examples.
        """
        examples = tuple(dict.fromkeys(mask(text.strip()) for text in trial.examples if text.strip()))
        if not trial.unit.strip():
            raise InputError("a unit on trial needs a name")
        if not any(clause.strip() for clause in trial.duties):
            raise InputError(f"{trial.unit}: say its duties, in a sentence at least")
        if not FEWEST_EXAMPLES <= len(examples) <= MOST_EXAMPLES:
            raise InputError(
                f"{trial.unit}: {len(examples)} different examples;"
                f" {FEWEST_EXAMPLES} to {MOST_EXAMPLES} are needed"
            )
        kept = Trial(
            trial.unit.strip(), trial.function, trial.jurisdiction, trial.duties, examples, actor, _now()
        )
        self._append({"action": "add", **asdict(kept)})
        return kept

    def remove(self, unit: str, actor: str) -> None:
        """End the trial of a unit.

        Raises:
            InputError: there is no such trial.
        """
        if unit not in {trial.unit for trial in self.open_trials()}:
            raise InputError(f"{unit}: is not on trial - 'fenban trial list' shows which are")
        self._append({"action": "remove", "unit": unit, "actor": actor, "added_at": _now()})

    def _events(self) -> Iterator[tuple[str, Trial]]:
        if not self._file.is_file():
            return
        lines = self._file.read_text("utf-8").split("\n")
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield _read_event(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                if number == len(lines):  # the last line, cut short by a crash
                    return
                raise InputError(f"{self._file}: line {number} cannot be read ({error})") from error

    def _append(self, record: dict[str, Any]) -> None:
        make_private(self.folder.parent)
        make_private(self.folder)
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        lock = filelock.FileLock(self.folder / ".trials.lock", timeout=_PATIENCE)
        try:
            with lock, self._file.open("ab+") as stream:
                if stream.tell():
                    stream.seek(-1, os.SEEK_END)
                    line = line if stream.read(1) == b"\n" else b"\n" + line
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
            close_to_others(self._file)
        except filelock.Timeout as error:
            raise FenbanError(f"{self._file}: another process has been changing it for a minute") from error


def load_router(folder: Path | str, encoder_threads: int | None = None) -> Router:
    """Load a model folder; one that lies in a registry also suggests the units on trial there.

    Raises:
        ModelFolderError: the folder is missing, damaged or newer than this fenban.
        InputError: the file of trials is damaged.
    """
    from pathlib import Path

    router = Router.load(folder, encoder_threads)
    models = Path(folder).absolute().parent
    trials = TrialStore(models.parent).open_trials() if models.name == "models" else ()
    return router.with_trials(trials) if trials else router


def _read_event(record: dict[str, Any]) -> tuple[str, Trial]:
    action = record["action"]
    if action not in ("add", "remove") or not isinstance(record["unit"], str):
        raise ValueError("neither added nor removed")
    return action, Trial(
        record["unit"],
        record.get("function"),
        record.get("jurisdiction"),
        tuple(str(clause) for clause in record.get("duties", ())),
        tuple(str(text) for text in record.get("examples", ())),
        str(record.get("actor", "")),
        str(record.get("added_at", "")),
    )


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
