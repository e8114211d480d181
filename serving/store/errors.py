"""What the store refuses."""

from __future__ import annotations

from fenban.model import FenbanError


class StoreError(FenbanError):
    """Base of what the store refuses."""


class StoreBusyError(StoreError):
    """Other writers held the database for too long; trying again helps."""


class StoreUnreachableError(StoreError):
    """The database does not answer."""


class NotFoundError(StoreError):
    """There is no such record. ``what`` names its kind in Chinese."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no such record: {what}")
        self.what = what


class ChangedMeanwhileError(StoreError):
    """Somebody else changed the record after the caller read it (If-Match names another version)."""

    def __init__(self, version: int) -> None:
        super().__init__("the record was changed meanwhile")
        self.version = version


class RefusedError(StoreError):
    """What was asked is not allowed as things stand; ``reason`` says why, in Chinese, for the clerk."""

    def __init__(self, reason: str) -> None:
        super().__init__("not allowed as things stand")
        self.reason = reason


class ReusedKeyError(StoreError):
    """An Idempotency-Key came again with another request."""

    def __init__(self) -> None:
        super().__init__("the key was used for another request")
