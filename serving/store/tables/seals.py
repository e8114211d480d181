"""The seals of history: under which line of the audit a row was written, and what it said then."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..base import Base


class SealRow(Base):
    """The SHA-256 of a row of an append-only table; the audit's line covers all seals of its transaction."""

    __tablename__ = "seals"

    table_name: Mapped[str] = mapped_column(String(20), primary_key=True)
    row_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(ForeignKey("audit.seq"), index=True)
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = ({"sqlite_with_rowid": False},)
