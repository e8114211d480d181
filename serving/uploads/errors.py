"""What can go wrong with an upload, apart from what its reader says."""

from __future__ import annotations

from fenban.model import FenbanError


class UploadRefusedError(FenbanError):
    """An upload was not read; ``reason`` says in Chinese why, and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__("the upload was not read")
        self.reason = reason


class UploadsBusyError(FenbanError):
    """As many uploads as may be are being read; try again after ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many uploads are being read")
        self.retry_after = retry_after
