"""Measuring a model on tables of resolved cases, with a report where one is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import Router
from fenban.training import Source, evaluate_model, read_topic_map, silent, write_report

from .cases import read_case_files
from .notices import ignore
from .outputs import check_writable

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.training import Evaluation, Progress

    from .cases import CaseFiles
    from .notices import Notify


def evaluate_files(
    folder: Path,
    files: CaseFiles,
    *,
    topic_map: Path | None = None,
    report: Path | None = None,
    cascade: bool = False,
    progress: Progress = silent,
    notify: Notify = ignore,
) -> Evaluation:
    """Measure the model in a folder.

    Args:
        folder: of the model.
        files: cases that it has not seen, with their answers.
        topic_map: a file that maps its topics to the labels of the data.
        report: the HTML file to write, if any.
        cascade: ask the encoder only where the sparse part is unsure.
        progress: told how far it has come.
        notify: told what the reading of the cases found.

    Raises:
        InputError: a file cannot be read, or the report not be written; the latter is known first.
        ModelFolderError: the model is missing or damaged.
    """
    if report:
        check_writable(report)
    router = Router.load(folder)
    topics = read_topic_map(topic_map) if topic_map else None
    cases, read = read_case_files(files, notify)
    evaluation = evaluate_model(router, cases, topics, progress, cascade=cascade)
    if report:
        write_report(report, evaluation, router, Source([str(p) for p in files.paths], read.n_rejected))
    return evaluation
