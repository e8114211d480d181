"""The registry: model folders by version, which of them is champion, and every change with its why.

Layout under ``home/registry``: ``models/<version>/`` (model folders), ``cases/<version>.jsonl`` (the
masked cases each was trained on), ``champion.json`` and ``history.jsonl`` (append-only). Whatever
changes one of them holds ``.lock``; reading needs none, since files are replaced whole.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import filelock

from fenban.model import FenbanError, InputError, ModelFolderError, artifact, mask

from ..tables.records import build_case_record, read_case
from .private import make_private, tighten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fenban.model import Case, ModelContent

_PATIENCE = 60.0  # seconds; a change takes a fraction of one


class ChampionChangedError(FenbanError):
    """Another process has put another champion in place since this one looked."""

    def __init__(self, expected: str | None, found: str | None) -> None:
        super().__init__(
            f"the champion changed from {expected} to {found} in the meantime:"
            " nothing was promoted - run it again"
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the registry; ``problem`` says why its folder cannot be read."""

    version: str
    champion: bool
    parent: str | None
    cases: int
    metrics: dict[str, Any]
    added: str | None
    problem: str = ""


class Registry:
    """Keeps models in a folder. Every change of champion has an actor and a reason."""

    def __init__(self, home: Path) -> None:
        self.home = home
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
            raise InputError(
                f"model {version!r} {what} the registry {self.folder} - see 'fenban models list'"
            )
        return self.folder / "models" / matches[0]

    def champion(self) -> str | None:
        """Return the version that serves, None where nothing was promoted yet."""
        if not self._champion_file.is_file():
            return None
        try:
            version = json.loads(self._champion_file.read_text("utf-8"))["version"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self._champion_file}: cannot be read ({error}) - name one with 'fenban models promote'"
            ) from error
        return str(version)

    def champion_folder(self) -> Path | None:
        """Return the folder of the champion, None where there is none."""
        version = self.champion()
        return self.model_folder(version) if version else None

    def add(self, content: ModelContent, cases: Iterable[Case], actor: str, why: str) -> str:
        """Keep a model and, masked, the cases it was trained on; return its version.

        A model that is there already stays; a damaged copy of it is replaced.
        """
        models = self.folder / "models"
        self._prepare()
        make_private(models)
        staging = Path(tempfile.mkdtemp(prefix=".new-", dir=models))
        try:
            version = artifact.save(content, staging / "model")
            with self._changing():
                if not _is_sound(models / version):
                    shutil.rmtree(models / version, ignore_errors=True)
                    (staging / "model").rename(models / version)
                self._write_cases(version, cases)
                self._log("add", version, actor, why)
                tighten(self.home)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return version

    def cases_of(self, version: str) -> list[Case]:
        """Return the masked cases a version was trained on."""
        path = self.folder / "cases" / f"{self.model_folder(version).name}.jsonl"
        if not path.is_file():
            raise InputError(f"{path} is missing: the cases of model {version} are not in the registry")
        return [_read_case(path, number, line) for number, line in _numbered_lines(path)]

    def promote(self, version: str, actor: str, why: str, instead_of: str | None = None) -> str:
        """Make a version champion after checking that it loads; return its full version.

        Args:
            version: its beginning is enough.
            actor: who does it, for the history.
            why: the reason, for the history.
            instead_of: the champion it was compared with; any will do where none is named.

        Raises:
            ChampionChangedError: another one than ``instead_of`` is champion by now.
            ModelFolderError: the model is damaged.
        """
        folder = self.model_folder(version)
        artifact.load(folder)
        with self._changing():
            before = self._champion_or_none()
            if instead_of is not None and before != instead_of:
                raise ChampionChangedError(instead_of, before)
            self._crown(folder.name, before)
            self._log("promote", folder.name, actor, why)
        return folder.name

    def rollback(self, actor: str, why: str) -> str:
        """Make the champion before this one champion again; return its version.

        Raises:
            InputError: there was none before.
        """
        with self._changing():
            now = self._champion_or_none()
            known = set(self._versions())
            earlier = [v for v in _stack_champions(self.history()) if v != now and v in known]
            if not earlier:
                raise InputError("there is no earlier champion to roll back to")
            version = earlier[-1]
            artifact.load(self.model_folder(version))
            self._crown(version, now)
            self._log("rollback", version, actor, why)
        return version

    def entries(self) -> list[Entry]:
        """Return all models, in the order in which they were added."""
        added = {line["version"]: line["at"] for line in reversed(self.history()) if line["action"] == "add"}
        champion = self._champion_or_none()
        found = [
            self._entry(version, version == champion, added.get(version)) for version in self._versions()
        ]
        return sorted(found, key=lambda entry: (entry.added or "", entry.version))

    def _entry(self, version: str, champion: bool, added: str | None) -> Entry:
        try:
            manifest = artifact.read_manifest(self.folder / "models" / version)
        except ModelFolderError as error:
            return Entry(version, champion, None, 0, {}, added, str(error))
        return Entry(
            version,
            champion,
            manifest.get("parent"),
            int(manifest.get("data", {}).get("cases", 0)),
            dict(manifest.get("metrics", {})),
            added,
        )

    def history(self) -> list[dict[str, str]]:
        """Return every line of the history, oldest first."""
        path = self.folder / "history.jsonl"
        if not path.is_file():
            return []
        return [_read_line(path, number, line) for number, line in _numbered_lines(path)]

    def note(self, action: str, version: str, actor: str, why: str) -> None:
        """Add a line to the history, such as a challenger that was refused."""
        with self._changing():
            self._log(action, version, actor, why)

    def _prepare(self) -> None:
        make_private(self.home)
        make_private(self.folder)

    @contextmanager
    def starting(self, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the right to make the first model; ``on_wait`` is told where another process has it."""
        self._prepare()
        lock = filelock.FileLock(self.folder / ".starting.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            on_wait()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self._prepare()
        try:
            with filelock.FileLock(self.folder / ".lock", timeout=_PATIENCE):
                yield
        except filelock.Timeout as error:
            raise FenbanError(f"{self.folder}: another process has been changing it for a minute") from error

    def _crown(self, version: str, before: str | None) -> None:
        _write_whole(self._champion_file, json.dumps({"version": version, "before": before}) + "\n")

    def _champion_or_none(self) -> str | None:
        """Return the champion; a file that cannot be read must not keep a new one from being named."""
        try:
            return self.champion()
        except InputError:
            return None

    def _versions(self) -> list[str]:
        models = self.folder / "models"
        if not models.is_dir():
            return []
        return sorted(path.name for path in models.iterdir() if path.is_dir() and path.name[0] != ".")

    def _write_cases(self, version: str, cases: Iterable[Case]) -> None:
        lines = [json.dumps(build_case_record(mask_case(case)), ensure_ascii=False) + "\n" for case in cases]
        _write_whole(self.folder / "cases" / f"{version}.jsonl", "".join(lines))

    def _log(self, action: str, version: str, actor: str, why: str) -> None:
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        line = {"at": at, "action": action, "version": version, "actor": actor, "why": why}
        with (self.folder / "history.jsonl").open("ab+") as history:
            if history.tell() and not _ends_with_newline(history):
                history.write(b"\n")  # a crash has cut the last line short
            history.write((json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
            history.flush()
            os.fsync(history.fileno())


def mask_case(case: Case) -> Case:
    """Return the case without personal data."""
    submission = replace(case.submission, text=mask(case.submission.text), title=mask(case.submission.title))
    return replace(case, submission=submission)


def _stack_champions(history: list[dict[str, str]]) -> list[str]:
    """Return the champions a rollback may still reach, latest last: each rollback takes one off."""
    stack: list[str] = []
    for line in history:
        if line["action"] == "promote" and (not stack or stack[-1] != line["version"]):
            stack.append(line["version"])
        elif line["action"] == "rollback" and stack:
            stack.pop()
    return stack


def _is_sound(folder: Path) -> bool:
    try:
        artifact.load(folder)
    except ModelFolderError:
        return False
    return True


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold anything; only a newline ends one (``splitlines`` knows others)."""
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line


def _read_case(path: Path, number: int, line: str) -> Case:
    try:
        return read_case(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: line {number} is no case of the registry ({error})") from error


def _read_line(path: Path, number: int, line: str) -> dict[str, str]:
    """Return a line of the history; one that a crash cut short still shows what it holds."""
    nothing = dict.fromkeys(("at", "action", "version", "actor", "why"), "")
    try:
        return {**nothing, **json.loads(line)}
    except (ValueError, TypeError):
        return {**nothing, "action": "damaged", "why": f"{path.name} line {number}: {line.strip()[:200]}"}


def _ends_with_newline(stream: BinaryIO) -> bool:
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) == b"\n"


def _write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file whole, so that a reader never meets half of it."""
    make_private(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as target:
            target.write(text)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
