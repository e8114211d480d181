"""Full-text search over matters: the same on SQLite and on PostgreSQL.

The index says which matters may match; whatever needs its characters side by side is then compared
in the folded copy. Ranking is bounded: the newest ``MOST_RANKED`` matches are scored, so that a word
that half of all matters hold costs no more than a rare one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, cast, column, delete, func, insert, literal, or_, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from ..tables.matters import SubmissionRow
from ..tables.search import FTS_TABLE, SearchTextRow
from .query import parse
from .tokens import list_tokens_of_document, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from .query import Query, Term

MOST_RANKED = 300
_FEW = 4000  # so many matters are compared one by one sooner than a common word's list is read
_MANY, _VERY_MANY = 5000, 25_000  # matches beyond which comparing is faster, for lists and for the newest
_WINDOW = 6000
_FTS = table(FTS_TABLE, column("rowid", Integer), column(FTS_TABLE), column("tokens"))


def index_matter(session: Session, submission: SubmissionRow) -> None:
    """Make a matter findable, or findable by its new text; in the transaction that wrote it.

    Args:
        session: a writing session.
        submission: a row that was flushed: it has its id, and its text is masked.
    """
    before = session.scalar(select(SearchTextRow.folded).where(SearchTextRow.submission_id == submission.id))
    folded = list_tokens_of_document(submission.number, submission.title, submission.text)
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


def select_matching(session: Session, typed: str) -> Select[int]:
    """Return a query of the ids of all matters that match, for ``SubmissionRow.id.in_(...)``.

    Raises:
        UnreadableQueryError: see ``parse``.
    """
    query = parse(typed)
    return (
        _select_by_comparing(query) if _is_common(session, query, _MANY) else _select_by_index(session, query)
    )


def build_condition(typed: str) -> ColumnElement[bool]:
    """Return a condition over ``SubmissionRow`` that compares each matter; for words that many hold.

    Raises:
        UnreadableQueryError: see ``parse``.
    """
    return _select_by_comparing(parse(typed)).where(SearchTextRow.submission_id == SubmissionRow.id).exists()


def is_common(session: Session, typed: str) -> bool:
    """Whether so many matters match that a list is better read in its order, comparing each.

    Raises:
        UnreadableQueryError: see ``parse``.
    """
    query = parse(typed)
    if not _is_sqlite(session):
        return _is_common(session, query, _MANY)
    expression = " AND ".join(_fts_expression(term) for term in query.terms)
    hits = select(_FTS.c.rowid).where(_FTS.c[FTS_TABLE].op("MATCH")(expression)).limit(_MANY + 1)
    return (session.scalar(select(func.count()).select_from(hits.subquery())) or 0) > _MANY


def find_newest(
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
    older = [] if before is None else [SubmissionRow.id < before]
    passing = select(SubmissionRow.id).where(*filters, *older)
    if filters and _are_few(session, filters):
        return _fetch_ids(session, _narrow_by_comparing(passing.limit(_FEW + 1), query), limit)
    if _is_common(session, query, _VERY_MANY):
        window = passing.order_by(SubmissionRow.id.desc()).limit(_WINDOW)
        ids = _fetch_ids(session, _narrow_by_comparing(window, query), limit)
        if len(ids) == limit:
            return ids
        found = _select_by_comparing(query)
    else:
        found = _select_by_index(session, query)
    if filters or older:
        found = found.join(SubmissionRow, SubmissionRow.id == SearchTextRow.submission_id)
    return _fetch_ids(session, found.where(*filters, *older), limit)


def _narrow_by_comparing(matters: Select[int], query: Query) -> Select[int]:
    """Return the query that compares the folded copies of ``matters``, which are found first."""
    first = matters.cte("first").prefix_with("MATERIALIZED")
    return _select_by_comparing(query).join(first, first.c.id == SearchTextRow.submission_id)


def _fetch_ids(session: Session, found: Select[int], limit: int) -> list[int]:
    """Return the newest ids. FTS5 gives its own rows in that order without sorting them."""
    newest_first = found.selected_columns[0].desc()
    return list(session.scalars(found.order_by(newest_first).limit(limit)))


def _are_few(session: Session, filters: Sequence[ColumnElement[bool]]) -> bool:
    bounded = select(SubmissionRow.id).where(*filters).limit(_FEW + 1).subquery()
    return (session.scalar(select(func.count()).select_from(bounded)) or 0) <= _FEW


def _is_common(session: Session, query: Query, many: int) -> bool:
    """Whether PostgreSQL's statistics say that more than ``many`` matters have the tokens.

    It has no list of them in order of age, as FTS5 has; with a common word it is much faster to go
    through the newest matters and compare.
    """
    if _is_sqlite(session):
        return False
    statement = "EXPLAIN (FORMAT JSON) SELECT 1 FROM search_texts WHERE tokens @@ CAST(:words AS tsquery)"
    plan = session.execute(text(statement), {"words": _ts_query(query)}).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"]) > many


def _select_by_comparing(query: Query) -> Select[int]:
    """Return the query that compares the folded copies."""
    return select(SearchTextRow.submission_id).where(*_build_comparisons(query, every=True))


def _select_by_index(session: Session, query: Query) -> Select[int]:
    """Return the query that the index answers."""
    if _is_sqlite(session):
        expression = " AND ".join(_fts_expression(term) for term in query.terms)
        return (
            select(_FTS.c.rowid)
            .join(SearchTextRow, SearchTextRow.submission_id == _FTS.c.rowid)
            .where(_FTS.c[FTS_TABLE].op("MATCH")(expression), *_build_comparisons(query))
        )
    hits = (
        select(SearchTextRow.submission_id)
        .where(
            SearchTextRow.tokens.op("@@")(cast(literal(_ts_query(query)), TSQUERY)),
            *_build_comparisons(query),
        )
        .cte("hits")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return select(SearchTextRow.submission_id).where(
        SearchTextRow.submission_id.in_(select(hits.c.submission_id))
    )


def _ts_query(query: Query) -> str:
    return " & ".join(_ts_expression(term) for term in query.terms)


def _fts_expression(term: Term) -> str:
    words = " AND ".join(f'"{token}"' for token in term.tokens)
    return f'(({words}) OR "{term.number}" *)' if term.number else f"({words})"


def _ts_expression(term: Term) -> str:
    words = " & ".join(f"'{token}'" for token in term.tokens)
    return f"(({words}) | '{term.number}':*)" if term.number else f"({words})"


def _build_comparisons(query: Query, *, every: bool = False) -> list[ColumnElement[bool]]:
    """Return what is compared in the folded copy: all of it, or what the index cannot be sure of."""
    folded = SearchTextRow.folded
    wanted = [
        or_(folded.like(f"%{term.inside}%"), *([folded.like(f" {term.number}%")] if term.number else []))
        for term in query.terms
        if every or not term.exact
    ]
    return wanted + [folded.not_like(f"%{term.inside}%") for term in query.without]
