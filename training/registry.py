"""The registry: model folders by version, which of them is champion, and every change with its why.

Layout under ``home/registry``: ``models/<version>/`` (model folders), ``cases/<version>.jsonl`` (the
masked cases each was trained on), ``champion.json`` and ``history.jsonl`` (append-only).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.model import artifact
from fenban.model.errors import InputError
from fenban.model.privacy import mask
from fenban.training.starter import case_from, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fenban.model.artifact import ModelContent
    from fenban.model.case import Case


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the registry."""

    version: str
    champion: bool
    parent: str | None
    cases: int
    metrics: dict[str, Any]
    added: str | None


class Registry:
    """Keeps models in a folder. Every change of champion has an actor and a reason."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "registry"

    @property
    def _champion_file(self) -> Path:
        return self.folder / "champion.json"

    def model_folder(self, version: str) -> Path:
        """Return the folder of a version.

        Raises:
            InputError: the registry holds no such version.
        """
        matches = [name for name in self._versions() if name.startswith(version)] if version else []
        if len(matches) != 1:
            what = "is not in" if not matches else "stands for several models in"
            raise InputError(f"model {version!r} {what} the registry {self.folder} - see 'fenban models list'")
        return self.folder / "models" / matches[0]

    def champion(self) -> str | None:
        """Return the version that serves, None where nothing was promoted yet."""
        if not self._champion_file.is_file():
            return None
        try:
            version = json.loads(self._champion_file.read_text("utf-8"))["version"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self._champion_file} cannot be read ({error})") from error
        return str(version)

    def champion_folder(self) -> Path | None:
        """Return the folder of the champion, None where there is none."""
        version = self.champion()
        return self.model_folder(version) if version else None

    def add(self, content: ModelContent, cases: Iterable[Case], actor: str, why: str) -> str:
        """Keep a model and, masked, the cases it was trained on; return its version."""
        models = self.folder / "models"
        models.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".new-", dir=models))
        try:
            version = artifact.save(content, staging / "model")
            target = models / version
            if not target.exists():
                (staging / "model").rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._write_cases(version, cases)
        self._log("add", version, actor, why)
        return version

    def cases_of(self, version: str) -> list[Case]:
        """Return the masked cases a version was trained on."""
        path = self.folder / "cases" / f"{self.model_folder(version).name}.jsonl"
        if not path.is_file():
            raise InputError(f"{path} is missing: the cases of model {version} are not in the registry")
        with path.open(encoding="utf-8") as lines:
            return [case_from(json.loads(line)) for line in lines]

    def promote(self, version: str, actor: str, why: str) -> str:
        """Make a version champion after checking that it loads; return its full version."""
        folder = self.model_folder(version)
        artifact.load(folder)
        before = self.champion()
        _write_whole(self._champion_file, json.dumps({"version": folder.name, "before": before}) + "\n")
        self._log("promote", folder.name, actor, why)
        return folder.name

    def rollback(self, actor: str, why: str) -> str:
        """Make the champion before this one champion again; return its version.

        Raises:
            InputError: there was none before.
        """
        now = self.champion()
        known = set(self._versions())
        earlier = [v for v in _champions(self.history()) if v != now and v in known]
        if not earlier:
            raise InputError("there is no earlier champion to roll back to")
        version = earlier[-1]
        artifact.load(self.model_folder(version))
        _write_whole(self._champion_file, json.dumps({"version": version, "before": now}) + "\n")
        self._log("rollback", version, actor, why)
        return version

    def entries(self) -> list[Entry]:
        """Return all models, in the order in which they were added."""
        added = {line["version"]: line["at"] for line in reversed(self.history()) if line["action"] == "add"}
        champion = self.champion()
        found = []
        for version in self._versions():
            manifest = artifact.read_manifest(self.folder / "models" / version)
            found.append(
                Entry(
                    version,
                    version == champion,
                    manifest.get("parent"),
                    int(manifest.get("data", {}).get("cases", 0)),
                    dict(manifest.get("metrics", {})),
                    added.get(version),
                )
            )
        return sorted(found, key=lambda entry: (entry.added or "", entry.version))

    def history(self) -> list[dict[str, str]]:
        """Return every line of the history, oldest first."""
        path = self.folder / "history.jsonl"
        if not path.is_file():
            return []
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]

    def note(self, action: str, version: str, actor: str, why: str) -> None:
        """Add a line to the history, such as a challenger that was refused."""
        self._log(action, version, actor, why)

    def _versions(self) -> list[str]:
        models = self.folder / "models"
        if not models.is_dir():
            return []
        return sorted(path.name for path in models.iterdir() if not path.name.startswith("."))

    def _write_cases(self, version: str, cases: Iterable[Case]) -> None:
        lines = [json.dumps(record_of(masked(case)), ensure_ascii=False) + "\n" for case in cases]
        _write_whole(self.folder / "cases" / f"{version}.jsonl", "".join(lines))

    def _log(self, action: str, version: str, actor: str, why: str) -> None:
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        line = {"at": at, "action": action, "version": version, "actor": actor, "why": why}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "history.jsonl").open("a", encoding="utf-8") as history:
            history.write(json.dumps(line, ensure_ascii=False) + "\n")
            history.flush()
            os.fsync(history.fileno())


def masked(case: Case) -> Case:
    """Return the case without personal data."""
    submission = replace(
        case.submission, text=mask(case.submission.text), title=mask(case.submission.title)
    )
    return replace(case, submission=submission)


def _champions(history: list[dict[str, str]]) -> list[str]:
    """Return the champions a rollback may still reach, latest last: each rollback takes one off."""
    stack: list[str] = []
    for line in history:
        if line["action"] == "promote" and (not stack or stack[-1] != line["version"]):
            stack.append(line["version"])
        elif line["action"] == "rollback" and stack:
            stack.pop()
    return stack


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    Path(name).replace(path)
