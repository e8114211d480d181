"""What the search looks in: a folded copy of each matter's masked text, and an index of its tokens.

On SQLite the index is an FTS5 table without content, on PostgreSQL a GIN index over a ``tsvector``.
Both hold the same tokens, made here and not by the database (see ``search_tokens``), so that both
find the same matters. Neither holds positions: where words must stand side by side, the folded
copy of the few candidates is compared.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ..base import Base

FTS_TABLE = "search_fts"


class SearchTextRow(Base):
    """The folded text of a matter; ``tokens`` is filled on PostgreSQL only."""

    __tablename__ = "search_texts"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(Text)
    tokens: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
