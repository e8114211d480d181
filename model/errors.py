"""Domain errors. Fronts translate them: one table to exit codes, one to HTTP statuses."""

from __future__ import annotations


class FenbanError(Exception):
    """Base of every error whose message is meant for people."""


class InputError(FenbanError):
    """Something the user gave cannot be used; the message names file, row and column."""


class TableError(InputError):
    """A table cannot be read at all."""

    def __init__(self, path: object, problem: str, remedy: str = "") -> None:
        super().__init__(f"{path}: {problem}" + (f" - {remedy}" if remedy else ""))


class ModelFolderError(InputError):
    """A model folder is missing, damaged, too new or of the wrong kind."""

    def __init__(self, folder: object, problem: str) -> None:
        super().__init__(f"model folder {folder}: {problem}")


class DirectoryError(InputError):
    """A directory of departments is inconsistent."""


class TrainingError(FenbanError):
    """The cases given cannot train a model."""


class MissingExtraError(FenbanError):
    """A library is not installed that only some installations need."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed - install it with: pip install 'fenban[{extra}]'")
