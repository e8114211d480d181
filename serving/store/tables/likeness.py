"""What finds the likes of a matter: its fingerprint, and the few hashes it is looked up by."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..base import Base


class FingerprintRow(Base):
    """A matter as it is compared; hashes of masked words, from which no text can be read.

    ``day`` is the ordinal of the day of receipt in China. ``vector`` are bytes (int8) of the encoder
    that ``encoder`` names; both are missing where the model had none.
    """

    __tablename__ = "fingerprints"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    day: Mapped[int] = mapped_column(Integer)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    places: Mapped[list[str]]
    encoder: Mapped[str | None] = mapped_column(String(64))
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_fingerprints_day", "day"),)


class LookupKeyRow(Base):
    """A hash under which a matter is found, in the order in which it is looked for."""

    __tablename__ = "lookup_keys"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)

    __table_args__ = (Index("ix_lookup_keys_submission_id", "submission_id"), {"sqlite_with_rowid": False})
