"""Full-text search over matters: the same on SQLite and on PostgreSQL.

The index says which matters may match; whatever needs its characters side by side is then compared
in the folded copy. Ranking is bounded: the newest ``MOST_RANKED`` matches are scored, so that a word
that half of all matters hold costs no more than a rare one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import cast, column, delete, insert, literal, or_, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from fenban.serving.store.matter_tables import SubmissionRow
from fenban.serving.store.search_query import parse
from fenban.serving.store.search_tables import FTS_TABLE, SearchTextRow
from fenban.serving.store.search_tokens import document, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from fenban.serving.store.search_query import Query, Term

MOST_RANKED = 300
_FEW = 4000  # so many matters are compared one by one sooner than a common word's list is read
_FTS = table(FTS_TABLE, column("rowid"), column(FTS_TABLE), column("tokens"))


def index(session: Session, submission: SubmissionRow) -> None:
    """Make a matter findable, or findable by its new text; in the transaction that wrote it.

    Args:
        session: a writing session.
        submission: a row that was flushed: it has its id, and its text is masked.
    """
    before = session.scalar(select(SearchTextRow.folded).where(SearchTextRow.submission_id == submission.id))
    folded = document(submission.number, submission.title, submission.text)
    if before == folded:
        return
    if before is not None:
        _forget(session, submission.id, before)
    tokens = tokens_of(folded)
    row = {"submission_id": submission.id, "folded": folded}
    if _is_sqlite(session):
        session.execute(insert(SearchTextRow).values(row))
        session.execute(insert(_FTS).values(rowid=submission.id, tokens=" ".join(tokens)))
    else:
        vector = text("array_to_tsvector(CAST(:tokens AS text[]))").bindparams(tokens=tokens)
        session.execute(insert(SearchTextRow).values(**row, tokens=vector))


def _forget(session: Session, submission_id: int, folded: str) -> None:
    session.execute(delete(SearchTextRow).where(SearchTextRow.submission_id == submission_id))
    if _is_sqlite(session):  # without content, FTS5 must be told what it had been given
        session.execute(
            insert(_FTS).values(
                {FTS_TABLE: "delete", "rowid": submission_id, "tokens": " ".join(tokens_of(folded))}
            )
        )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def matching(session: Session, typed: str) -> Select[int]:
    """Return a query of the ids of all matters that match, for ``SubmissionRow.id.in_(...)``.

    Raises:
        UnreadableQueryError: see ``parse``.
    """
    query = parse(typed)
    return _indexed(session, query).order_by(None)


def newest(
    session: Session,
    query: Query,
    filters: Sequence[ColumnElement[bool]] = (),
    limit: int = MOST_RANKED,
    before: int | None = None,
) -> list[int]:
    """Return ids, below ``before``, of the newest matters that match.

    Args:
        session: a reading session.
        query: as ``parse`` gave it.
        filters: conditions over ``SubmissionRow``.
        limit: how many at most.
        before: an id; matters registered before that one.
    """
    older = [] if before is None else [SearchTextRow.submission_id < before]
    if filters and (few := _few(session, filters)) is not None:
        compared = (
            select(SearchTextRow.submission_id)
            .where(SearchTextRow.submission_id.in_(few), *older, *_comparisons(query, every=True))
            .order_by(SearchTextRow.submission_id.desc())
        )
        return list(session.scalars(compared.limit(limit)))
    found = _indexed(session, query).where(*older)
    if filters:
        found = found.join(SubmissionRow, SubmissionRow.id == SearchTextRow.submission_id).where(*filters)
    return list(session.scalars(found.limit(limit)))


def _few(session: Session, filters: Sequence[ColumnElement[bool]]) -> list[int] | None:
    """Return the ids that pass the filters, or None where they are many."""
    ids = list(session.scalars(select(SubmissionRow.id).where(*filters).limit(_FEW + 1)))
    return ids if len(ids) <= _FEW else None


def _indexed(session: Session, query: Query) -> Select[int]:
    """Return the query that the index answers, the newest first."""
    if _is_sqlite(session):
        expression = " AND ".join(_fts_expression(term) for term in query.terms)
        return (
            select(SearchTextRow.submission_id)
            .select_from(_FTS)
            .join(SearchTextRow, SearchTextRow.submission_id == _FTS.c.rowid)
            .where(_FTS.c[FTS_TABLE].op("MATCH")(expression), *_comparisons(query))
            .order_by(_FTS.c.rowid.desc())
        )
    expression = " & ".join(_ts_expression(term) for term in query.terms)
    return (
        select(SearchTextRow.submission_id)
        .where(SearchTextRow.tokens.op("@@")(cast(literal(expression), TSQUERY)), *_comparisons(query))
        .order_by(SearchTextRow.submission_id.desc())
    )


def _fts_expression(term: Term) -> str:
    words = " AND ".join(f'"{token}"' for token in term.tokens)
    return f'(({words}) OR "{term.number}" *)' if term.number else f"({words})"


def _ts_expression(term: Term) -> str:
    words = " & ".join(f"'{token}'" for token in term.tokens)
    return f"(({words}) | '{term.number}':*)" if term.number else f"({words})"


def _comparisons(query: Query, *, every: bool = False) -> list[ColumnElement[bool]]:
    """Return what is compared in the folded copy: all of it, or what the index cannot be sure of."""
    folded = SearchTextRow.folded
    wanted = [
        or_(folded.like(f"%{term.inside}%"), *([folded.like(f" {term.number}%")] if term.number else []))
        for term in query.terms
        if every or not term.exact
    ]
    return wanted + [folded.not_like(f"%{term.inside}%") for term in query.without]
