"""Versions of the directory: the latest counts, none is lost, two imports do not pass each other."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from fenban.model.directory import Directory, Function, Unit
from fenban.serving.store import audit, directories
from fenban.serving.store.directories import LiveDirectory, fingerprint_of
from fenban.serving.store.errors import ChangedMeanwhileError, NotFoundError, StoreDamagedError


def directory(*names: str) -> Directory:
    return Directory(
        [Function("教育局", duties=("管学校",))], [Unit(name, "教育局", "南宁市") for name in names]
    )


FIRST, SECOND = directory("甲局"), directory("甲局", "乙局")


def test_an_empty_store_has_no_version(database):
    with database.reading() as session:
        assert directories.find_latest(session) is None
        assert directories.load_current(session) is None
        assert directories.list_versions(session) == []
        assert directories.count(session) == 0
        with pytest.raises(NotFoundError):
            directories.load(session, 1)


def test_the_latest_counts_and_the_others_stay(database):
    with database.writing() as session:
        first = directories.add(session, FIRST, "lead", "年初")
    with database.writing() as session:
        second = directories.add(session, SECOND, "lead", expected=first.fingerprint, detail={"added": 1})
    with database.reading() as session:
        found = directories.load_current(session)
        assert found is not None
        assert found.version == second
        assert found.directory.records() == SECOND.records()
        assert found.fingerprint == fingerprint_of(SECOND)
        assert directories.load(session, first.id).records() == FIRST.records()
        assert directories.list_versions(session) == [second, first]
        assert directories.list_versions(session, 1) == [second]
        assert directories.list_versions(session, before=second.id) == [first]
        assert directories.find_version_before(session, second.id) == first.id
        assert directories.find_version_before(session, first.id) is None
        assert (first.by, first.note) == ("lead", "年初")


def test_a_version_leaves_a_line_in_the_audit(database):
    with database.writing() as session:
        version = directories.add(session, SECOND, "lead", detail={"added": 2})
    with database.reading() as session:
        line = session.scalars(select(audit.AuditRow)).one()
        assert (line.actor, line.action, line.subject) == (
            "lead",
            "directory.import",
            f"directory:{version.id}",
        )
        assert line.detail == {"fingerprint": version.fingerprint, "units": 2, "added": 2}


def test_an_import_over_another_ones_head_is_refused(database):
    with database.writing() as session:
        directories.add(session, FIRST, "lead", expected="f" * 64)  # nothing to pass over yet
    with database.writing() as session, pytest.raises(ChangedMeanwhileError):
        directories.add(session, SECOND, "lead", expected=fingerprint_of(SECOND))
    with database.reading() as session:
        assert directories.count(session) == 1


def test_the_fingerprint_is_of_the_content():
    assert fingerprint_of(FIRST) == fingerprint_of(directory("甲局"))
    assert fingerprint_of(FIRST) != fingerprint_of(SECOND)
    assert fingerprint_of(Directory.from_records(FIRST.records())) == fingerprint_of(FIRST)


def test_the_live_directory_follows_the_store(database):
    live = LiveDirectory(database, FIRST)
    assert live.get().directory is FIRST
    assert live.get().version is None
    with database.writing() as session:
        version = directories.add(session, SECOND, "other process")
    found = live.get()
    assert found.version == version
    assert found.directory.unit("乙局")
    assert live.get() is found  # kept, not read again
    assert live.fallback is FIRST


def test_without_a_store_or_a_model_there_is_an_empty_directory():
    live = LiveDirectory(None, None)
    assert live.get().directory.units == ()
    assert live.get() is live.get()


def test_a_version_that_is_not_what_was_written_is_refused(database):
    with database.writing() as session:
        directories.add(session, Directory((), [Unit("甲局")]), "wang")
    with database.writing() as session:
        for (name,) in session.execute(text(_TRIGGERS_OF_VERSIONS[database.is_sqlite])).all():
            on = "" if database.is_sqlite else " ON directory_versions"
            session.execute(text(f"DROP TRIGGER {name}{on}"))
        session.execute(text("UPDATE directory_versions SET records = '[]'"))
    with database.reading() as session, pytest.raises(StoreDamagedError):
        directories.load_current(session)


_TRIGGERS_OF_VERSIONS = {
    True: "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'directory_versions'",
    False: (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'directory_versions'::regclass AND NOT tgisinternal"
    ),
}
