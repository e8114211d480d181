"""Filling an empty store with invented matters, to see how the service does with many.

``python -m fenban.benchmarks.desk.store_filling --database URL --matters 200000``
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import itertools
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, table

from fenban.model.errors import InputError
from fenban.serving.desk.likeness import duplicates, rarities
from fenban.serving.store import audit, schema, sealing
from fenban.serving.store.base import CHINA
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.sealing import Seal
from fenban.serving.store.search.tokens import fold, number_token, tokens_of
from fenban.serving.store.tables import search as search_tables
from fenban.serving.store.tables.matters import SubmissionRow

from .bulk_rows import continue_counting, write
from .invented_matters import Inventor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from fenban.model.likeness.comparison import Rarity

    from .invented_matters import History

SEED = 20261126
_CHUNK = 2000
_WITHOUT = {"suggestion_id": None, "undoes": None, "other_lead_unit": None}
Tables = dict[str, list[dict[str, Any]]]


class _Rows:
    """Numbers the histories' rows and puts them into their tables."""

    def __init__(self, postgresql: bool, rarity: Rarity) -> None:
        self._ids: Counter[str] = Counter()
        self._days: Counter[str] = Counter()
        self._postgresql = postgresql
        self._rarity = rarity
        self._head = (0, audit.FIRST)

    def of(self, histories: list[History]) -> Tables:
        """Return the rows of some histories, table by table, in an order that foreign keys allow."""
        found: Tables = {"submissions": [], "submission_texts": [], "suggestions": []}
        for history in histories:
            self._add(found, history)
        return found

    def _add(self, found: Tables, history: History) -> None:
        matter = self._next("submissions")
        day = f"{history.matter['received_at'].astimezone(CHINA):%Y%m%d}"
        self._days[day] += 1
        number = f"{day}-{self._days[day]:06d}"
        version = len(history.lines["transitions"])
        row = {"id": matter, "number": number, "version": version, **history.matter}
        found["submissions"].append(row)
        raw = {"submission_id": matter, "text": row["text"], "title": "", "submitter": None, "contact": None}
        found["submission_texts"].append(raw)
        suggestion = {"id": self._next("suggestions"), "submission_id": matter, **history.suggestion}
        found["suggestions"].append(suggestion)
        seals = [_seal("suggestions", suggestion)]
        for name, lines in history.lines.items():
            into = found.setdefault(name, [])
            for line in lines:
                more = {**_WITHOUT, "suggestion_id": suggestion["id"]} if name == "decisions" else {}
                into.append({"id": self._next(name), "submission_id": matter, **line, **more})
                seals.append(_seal(name, into[-1]))
        self._add_search(found, matter, number, history.text)
        kept, keys = duplicates.build_rows(SubmissionRow(**row), self._rarity)
        found.setdefault("fingerprints", []).append(kept)
        found.setdefault("lookup_keys", []).extend(keys)
        self._add_audit(found, row, seals)

    def _next(self, name: str) -> int:
        self._ids[name] += 1
        return self._ids[name]

    def _add_search(self, found: Tables, matter: int, number: str, text: tuple[str, str]) -> None:
        token = number_token(number)
        parts = [_fold(part) for part in text]
        # each part begins and ends with a break; one of two that meet goes
        folded = f" {token}{_BREAK}{parts[0][0]}{parts[1][0][len(_BREAK) :]}"
        tokens = list(dict.fromkeys((token, *parts[0][1], *parts[1][1])))
        search: dict[str, Any] = {"submission_id": matter, "folded": folded}
        if self._postgresql:
            search["tokens"] = " ".join(f"'{token}'" for token in tokens)
        else:
            found.setdefault(search_tables.FTS_TABLE, []).append(
                {"rowid": matter, "tokens": " ".join(tokens)}
            )
        found.setdefault("search_texts", []).append(search)

    def _add_audit(self, found: Tables, row: dict[str, Any], seals: list[Seal]) -> None:
        seq, previous = self._head
        line = audit.AuditRow(
            seq=seq + 1,
            at=row["created_at"],
            actor=row["created_by"],
            action="submission.register",
            subject=f"submission:{row['id']}",
            detail={"number": row["number"], "kind": row["kind"], "accepted": True},
            previous=previous,
            rows=sealing.summary_of(seals),
        )
        line.hash = audit.hash_of(line)
        self._head = (line.seq, line.hash)
        values = {name: getattr(line, name) for name in audit.AuditRow.__table__.c.keys()}  # noqa: SIM118
        found.setdefault("audit", []).append(values)
        found.setdefault("seals", []).extend({**seal._asdict(), "seq": line.seq} for seal in seals)

    def numbers(self) -> list[dict[str, Any]]:
        """Return the last number of each day."""
        return [{"day": day, "last": last} for day, last in self._days.items()]


def _seal(name: str, row: dict[str, Any]) -> Seal:
    return Seal(name, row["id"], sealing.digest_of(schema.metadata().tables[name], row))


_BREAK = fold("").text


@functools.lru_cache(maxsize=8192)
def _fold(text: str) -> tuple[str, tuple[str, ...]]:
    folded = fold(text).text
    return folded, tuple(tokens_of(folded))


def fill(
    database: Database, matters: int, *, seed: int = SEED, until: dt.datetime | None = None
) -> Counter[str]:
    """Fill an empty, migrated store; return how many rows each table got.

    Raises:
        InputError: it is not empty.
    """
    written: Counter[str] = Counter()
    tables = _tables(database)
    with database.reading() as session:
        rows = _Rows(not database.is_sqlite, rarities.load_current(session))
    histories = Inventor(seed, until or dt.datetime.now(dt.UTC)).histories(matters)
    with database.engine.execution_options(fenban_writes=True).begin() as connection:
        if connection.exec_driver_sql("SELECT 1 FROM submissions LIMIT 1").first():
            raise InputError("the store is not empty - give a new one")
        for chunk in _chunks(histories):
            _write(connection, tables, rows.of(chunk), written)
        _write(connection, tables, {"numbers": rows.numbers()}, written)
        continue_counting(connection, schema.metadata().sorted_tables)
    if not database.is_sqlite:  # what the server does by itself a minute later
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return written


def _tables(database: Database) -> dict[str, Table]:
    found: dict[str, Any] = dict(schema.metadata().tables)
    if database.is_sqlite:
        fts = search_tables.FTS_TABLE
        found[fts] = table(fts, column("rowid"), column("tokens"))
    return found


def _write(connection: Connection, tables: dict[str, Table], rows: Tables, written: Counter[str]) -> None:
    for name, lines in rows.items():
        write(connection, tables[name], lines)
        written[name] += len(lines)


def _chunks(histories: Iterator[History]) -> Iterator[list[History]]:
    while chunk := list(itertools.islice(histories, _CHUNK)):
        yield chunk


def main() -> int:
    """Fill the store that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, metavar="URL", help="an empty one; it is migrated")
    parser.add_argument("--matters", type=int, default=200_000)
    arguments = parser.parse_args()
    database = Database(parse_database_url(arguments.database, Path()))
    began = time.perf_counter()
    try:
        schema.migrate(database)
        written = fill(database, arguments.matters)
    finally:
        database.close()
    sys.stdout.write(f"{dict(written)} in {time.perf_counter() - began:.1f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
