"""What a home holds is for its owner alone, whatever the umask says."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from fenban.serving.jobs.doctor import check_installation
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.schema import migrate
from fenban.training import Registry, make_private, open_files, tighten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """Others may do everything with new files, unless they are told otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_store_and_its_log_are_made_for_the_owner(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_private(home)
    database = Database(parse_database_url(None, home))
    migrate(database)
    modes = {path.name: mode(path) for path in home.iterdir()}
    database.close()
    assert modes == {"fenban.db": 0o600, "fenban.db-wal": 0o600, "fenban.db-shm": 0o600}
    assert mode(home) == 0o700


def test_a_store_that_others_could_read_is_closed_to_them_when_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "fenban.db"
    file.touch(0o666)
    database = Database(parse_database_url(None, tmp_path))
    migrate(database)
    database.close()
    assert mode(file) == 0o600


def test_what_a_registry_writes_is_for_the_owner(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "home")
    registry.note("add", "one", "li", "first")
    with registry.starting():
        pass
    made = [registry.home, *registry.home.rglob("*")]
    assert [path for path in made if path.is_dir() and mode(path) != 0o700] == []


def test_an_older_home_is_tightened_and_what_lies_beside_is_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    cases = home / "registry" / "models" / "one" / "cases.jsonl"
    cases.parent.mkdir(parents=True)
    other = home / "notes.txt"
    for file in (cases, home / "fenban.db", other):
        file.touch(0o666)
    assert cases in set(open_files(home))
    privacy = next(check for check in check_installation(home) if check.name == "privacy")
    assert not privacy.good
    tighten(home)
    assert list(open_files(home)) == []
    assert (mode(home), mode(cases), mode(cases.parent)) == (0o700, 0o600, 0o700)
    assert mode(other) == 0o666
    assert next(check for check in check_installation(home) if check.name == "privacy").good


def test_a_folder_that_others_share_stays_open(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "fenban.db").touch(0o644)
    tighten(shared)
    assert (mode(shared), mode(shared / "fenban.db")) == (0o1777, 0o600)
