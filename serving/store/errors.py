"""What the store refuses."""

from __future__ import annotations

from fenban.model import FenbanError


class StoreError(FenbanError):
    """Base of what the store refuses."""


class StoreBusyError(StoreError):
    """Other writers held the database for too long; trying again helps."""

    def __init__(self, said: str = "the database is busy") -> None:
        super().__init__(said)


class StoreUnreachableError(StoreError):
    """The database does not answer."""

    def __init__(self, said: str = "the database does not answer, or cannot be opened") -> None:
        super().__init__(said)


class StoreUnwritableError(StoreError):
    """Base of what keeps everybody from writing until the operator has done something."""


class StoreFullError(StoreUnwritableError):
    """The disk is full."""

    reason = "存放数据的磁盘已满，刚才的内容没有保存。请管理员腾出空间后再试。"

    def __init__(self) -> None:
        super().__init__("the disk that holds the store is full: free some space; nothing was written")


class StoreReadOnlyError(StoreUnwritableError):
    """The database, its folder or its file system may not be written."""

    reason = "数据库现在只能读，不能写，刚才的内容没有保存。请管理员检查目录权限和磁盘。"

    def __init__(self) -> None:
        super().__init__("the store may not be written: check its folder's owner and mode, and the disk")


class StoreDamagedError(StoreUnwritableError):
    """The disk fails, or the file is not a database any more."""

    reason = "数据库文件读写出错，可能是磁盘或文件损坏。请管理员立即检查，不要继续写入。"

    def __init__(self) -> None:
        super().__init__(
            "the store is damaged or its disk fails: keep the files as they are and restore a backup"
        )


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
