"""Training a model folder from tables of cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fenban.model import DEFAULT_TARGET, TrainingError, artifact, check_target, shipped_directory
from fenban.training import SEED, read_directory, silent, starter_cases, train_model

from .cases import read_case_files
from .encoders import EncoderChoice, dense_source
from .notices import ignore
from .outputs import check_model_target

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.training import Progress

    from .cases import CaseFiles
    from .notices import Notify


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was written: its version, what it learnt from, what it was measured to do."""

    version: str
    n_cases: int
    labels: tuple[str, ...]
    metrics: dict[str, Any]


def train_from_files(
    out: Path,
    home: Path,
    files: CaseFiles | None = None,
    *,
    directory: Path | None = None,
    encoder: EncoderChoice | None = None,
    target_precision: float = DEFAULT_TARGET,
    memory: bool = True,
    seed: int | None = None,
    progress: Progress = silent,
    notify: Notify = ignore,
) -> Trained:
    """Train on tables of cases and write the model folder.

    Args:
        out: the folder to write; an absolute path.
        home: its cache keeps encoders and vectors.
        files: the cases; None: the shipped starter cases.
        directory: a table of the departments; None: what the cases themselves say (for the starter
            cases the shipped directory).
        encoder: which encoder the model has; None takes the default.
        target_precision: what the ``auto`` zone promises.
        memory: whether the model keeps masked beginnings of cases to show similar ones.
        seed: of everything random; None takes the usual one.
        progress: told how far it has come.
        notify: told what the reading of the cases found.

    Raises:
        InputError: a file cannot be read, the target is out of range, or the encoder is unknown.
        ModelFolderError: nothing can be written to ``out``; known before any work.
        TrainingError: there is nothing to learn from these cases.
    """
    check_target(target_precision)
    check_model_target(out)
    departments = read_directory(directory) if directory else None
    if files is not None:
        cases, _ = read_case_files(files, notify)
    else:
        cases, departments = starter_cases(), departments or shipped_directory()
    seed = SEED if seed is None else seed
    content = train_model(
        cases,
        departments,
        seed=seed,
        target_precision=target_precision,
        dense=dense_source(encoder or EncoderChoice(), home, seed, progress),
        memory=memory,
        progress=progress,
    )
    if not content.labels:
        raise TrainingError("the cases name no unit, function or topic: there is nothing to route by")
    version = artifact.save(content, out)
    return Trained(version, len(cases), content.labels, content.facts["metrics"])
