"""The record that personal data were deleted, and of how many matters."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..base import Base, now


class PurgeRow(Base):
    """One purge: texts of matters closed before ``older_than`` are gone."""

    __tablename__ = "purges"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=now)
    by: Mapped[str] = mapped_column(String(100))
    older_than: Mapped[dt.datetime]
    submissions: Mapped[int] = mapped_column(Integer)
