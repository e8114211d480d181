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
GIN_INDEX = "ix_search_texts_tokens_fts"


class SearchTextRow(Base):
    """The folded text of a matter; ``tokens`` is filled on PostgreSQL only."""

    __tablename__ = "search_texts"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(Text)
    tokens: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


def statements(dialect: str) -> list[str]:
    """Return the statements that make the index on ``sqlite`` or ``postgresql``."""
    if dialect == "sqlite":
        # tokens come joined by spaces; "ascii" takes every character beyond ASCII as part of a token
        return [
            f"CREATE VIRTUAL TABLE {FTS_TABLE} USING fts5("
            "tokens, content='', detail=none, columnsize=0, tokenize='ascii')"
        ]
    return [
        # the vectors are for the index alone: apart, they leave the folded copies close together
        "ALTER TABLE search_texts ALTER COLUMN tokens SET STORAGE EXTERNAL",
        # a pending list would make searches slower the more was taken in since the last vacuum
        f"CREATE INDEX {GIN_INDEX} ON search_texts USING gin (tokens) WITH (fastupdate = off)",
    ]
