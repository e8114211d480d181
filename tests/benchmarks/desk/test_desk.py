"""The load on the desk, small: every page is asked for, clerks act and are counted."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from fenban.benchmarks.desk.desk_load import Amount, measure_clerks, measure_pages
from fenban.benchmarks.desk.service_process import store_url_in
from fenban.benchmarks.desk.store_filling import fill
from fenban.benchmarks.desk.store_load import PAGES, Sample, probes
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.schema import migrate

if TYPE_CHECKING:
    from pathlib import Path

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a store with some hundred matters."""
    folder = tmp_path_factory.mktemp("filled")
    database = Database(parse_database_url(store_url_in(folder), folder))
    migrate(database)
    fill(database, 400)
    database.close()
    return store_url_in(folder)


def test_every_page_of_the_console_is_asked_for() -> None:
    sample = Sample([1], ["某局"], ["某类/某事"], ["某市/某区"], {"open=true": "cursor"})
    asked = {name: next(requests) for name, requests in probes(sample)}
    assert {f"page {page}" for page in PAGES} < set(asked)
    assert asked["page /matters/{id}"] == ("/matters/1", None)
    assert asked["list unit"] == ("/api/v1/submissions?limit=50&unit=某局", None)
    assert asked["similar, at intake"][1] is not None


@pytest.mark.slow
@linux_only
def test_pages_are_timed_on_a_real_service(model_folder: Path, filled: str) -> None:
    found = measure_pages(model_folder, filled)
    assert len(found["ms"]) > 50
    assert all(0 < times["p50"] <= times["p95"] <= times["max"] for times in found["ms"].values())
    (slowest,) = found["slowest p95, ms"].values()
    assert slowest == max(times["p95"] for times in found["ms"].values())


@pytest.mark.slow
@linux_only
@pytest.mark.skipif(find_spec("locust") is None, reason="locust is of the extra bench")
def test_clerks_work_without_an_error(model_folder: Path, filled: str) -> None:
    found = measure_clerks(model_folder, filled, Amount(clerks=6, seconds=12))
    assert found["errors"] == 0, found["first errors"]
    assert found["clerks"] == 6
    assert 6 <= found["actions"] <= 24
    assert found["requests"] > found["actions"]
