"""The benchmark as a whole: parts in processes, what is left out, the table, the load."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fenban.benchmarks import __main__ as bench
from fenban.benchmarks.accuracy import comparison
from fenban.benchmarks.accuracy.comparison import SETS, Row
from fenban.benchmarks.accuracy.table import markdown, rows_of
from fenban.benchmarks.desk.admission import admit_person
from fenban.benchmarks.desk.load import Load, join_texts, run, summarise
from fenban.benchmarks.desk.speed import measure_api
from fenban.benchmarks.processes import LeftOut, family, resident_mb, run_module
from fenban.benchmarks.starter.model import count_acceptable
from fenban.serving.app import create_app
from fenban.serving.settings import ServiceSettings
from fenban.serving.store.database import Database, parse_database_url

if TYPE_CHECKING:
    from fenban.model import Router

_SAID = {
    "交通运输局": ("公交车总是等很久才来一趟", "公交站牌没有更新，班次也减少了"),
    "城市管理局": ("夜市占道经营，油烟和垃圾没人管", "流动摊贩把人行道占满了"),
    "教育局": ("小学课后托管收费不透明", "中学食堂饭菜质量差，老师不管"),
}
_PLACES = ("青秀区", "兴宁区", "西乡塘区", "江南区", "良庆区")
FIGURES = {"n": 20, "top1": 0.75, "top3": 0.9, "macro_f1": 0.4, "ece": None, "auto_share": 0.25}
linux_only = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="NOT TESTED: no /proc")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A benchmark folder with one set of thirty invented cases."""
    folder = tmp_path / "data/hotline_orders"
    folder.mkdir(parents=True)
    rows = [
        {"text": f"南宁市{place}{text}", "承办职能": name, "承办单位": f"南宁市{place}{name}"}
        for name, texts in _SAID.items()
        for text in texts
        for place in _PLACES
    ]
    for name in ("train.jsonl", "dev.jsonl"):
        (folder / name).write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return folder.parent


def lines_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return {k: v for line in capsys.readouterr().out.splitlines() for k, v in json.loads(line).items()}


@pytest.mark.slow
def test_fenban_and_a_rival_are_measured_side_by_side(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.md"
    chosen = ["--only", "sparse", "linearsvc", "--sets", "hotline_orders", "--table", str(table)]
    assert bench.main(["--data", str(data), *chosen]) == 0
    said = lines_of(capsys)
    ours, theirs = said["hotline_orders: fenban sparse"], said["hotline_orders: linearsvc"]
    assert ours["function"]["n"] == ours["lead_unit"]["n"] == 30
    assert theirs["lead_unit"]["n"] == 30  # two lines of one name: the later, of the units
    assert ours["train_s"] > 0
    assert ours["folder_mb"] > 0
    text = table.read_text("utf-8")
    assert text.count("| fenban, sparse |") == text.count("| TF-IDF + LinearSVC |") == 2


@pytest.mark.slow
def test_a_missing_set_and_a_missing_checkpoint_are_left_out_and_said(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_make_encoder", lambda *_: None)
    chosen = ["--only", "transformer", "--sets", "hotline_orders", "taipei_questions"]
    assert bench.main(["--data", str(data), *chosen]) == 0
    said = lines_of(capsys)
    assert "--checkpoint" in said["hotline_orders: transformer"]["left out"]
    assert "missing" in said["taipei_questions"]["left out"]


def test_an_option_that_the_command_lacks_is_reported_with_its_line(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(comparison.FENBAN, "fused", ("--no-such-option",))
    (row,) = comparison.measure_fenban("fused", SETS[0], data, tmp_path)
    assert row.system == "fenban fused"
    assert "--no-such-option" in row.figures["left out"]


def test_unknown_parts_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--data", ".", "--only", "everything"])
    assert "everything" in capsys.readouterr().err


@linux_only
def test_a_process_is_measured_and_its_failure_named() -> None:
    done = run_module("json.tool", given='{"a": 1}')
    assert done.json() == {"a": 1}
    assert done.seconds > 0
    assert done.peak_mb is None or done.peak_mb > 0  # over before the first look, or soon after
    with pytest.raises(LeftOut, match=r"exit code 1.*Expecting"):
        run_module("json.tool", given="{")


@linux_only
def test_memory_is_read_of_a_process_and_its_children() -> None:
    assert os.getpid() in family(os.getpid())
    found = resident_mb(os.getpid())
    assert 1 < found["resident_mb"] <= found["resident_peak_mb"]
    assert resident_mb(2**22 + 1) == {}


def row(system: str, **more: Any) -> dict[str, Any]:
    return Row(system, "hotline_orders", more).as_dict()


def test_the_table_has_the_systems_in_order_and_says_what_was_left_out() -> None:
    rows = [
        row("linearsvc", function=FIGURES, texts_per_second=1067.7, train_s=63.1, train_peak_mb=1075.2),
        row("fenban fused", **{"left out": "exit code 2: invalid choice"}),
        row("fenban sparse", function={**FIGURES, "ece": 0.0264}, train_s=33, texts_per_second=2000.0),
    ]
    lines = markdown(rows).splitlines()
    assert lines[0] == "**hotline_orders, function** (20 texts)"
    assert lines[4] == "| fenban, sparse | 0.750 | 0.900 | 0.400 | 0.026 | 0.250 | – | 2,000 | 33 | – |"
    assert lines[5] == "| TF-IDF + LinearSVC | 0.750 | 0.900 | 0.400 | – | 0.250 | – | 1,068 | 63 | 1,075 |"
    assert lines[7] == "Left out: fenban, fused (exit code 2: invalid choice)."
    assert len({line.count("|") for line in lines[2:6]}) == 1
    assert "lead_unit" not in markdown(rows)


def test_lines_of_two_runs_make_one_table_in_which_the_later_counts() -> None:
    lines = [
        json.dumps({"machine": {"cores": 2}}),
        json.dumps({"hotline_orders: fasttext": row("fasttext", function={"n": 1}, train_s=1)}),
        json.dumps({"hotline_orders: fasttext": row("fasttext", lead_unit={"n": 1}, train_s=2)}),
        "",
        json.dumps({"hotline_orders: fasttext": row("fasttext", function={"n": 1}, train_s=3)}),
        json.dumps({"load the model folder, s": 0.3}),
    ]
    assert [(found["train_s"], "function" in found) for found in rows_of(lines)] == [(3, True), (2, False)]


def test_a_load_sends_what_it_says(router: Router, tmp_path: Path) -> None:
    database = Database(parse_database_url(None, tmp_path))
    token = admit_person(database)
    url = database.url.render_as_string(hide_password=False)
    database.close()
    settings = ServiceSettings(model_folder=Path("nowhere"), database=url)
    load = Load(in_sequence=3, rate=40, seconds=0.1, characters=120)
    transport = httpx.ASGITransport(app=create_app(router, settings))

    async def within() -> dict[str, dict[str, float]]:
        app = transport.app
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            return await run(8000, token, load, transport)

    found = asyncio.run(within())
    assert found["one client"]["n"] == 3
    assert found["40 requests/s"]["n"] == 4
    assert 0 < found["one client"]["p50"] <= found["one client"]["max"]


def test_joined_texts_have_the_length_and_are_no_texts_of_the_training() -> None:
    texts = join_texts(200)
    assert {len(text) for text in texts} == {200}
    assert len(texts) > 100
    assert summarise([1.0, 3.0])["p50"] == 2


@pytest.mark.slow
@linux_only
def test_the_api_of_a_real_service_is_timed_and_its_memory_read(model_folder: Path) -> None:
    found = measure_api(model_folder, "--in-sequence", "5", "--rate", "20", "--seconds", "0.5")
    assert found["20 requests/s"]["n"] == 10
    assert found["memory after the load"]["resident_mb"] > 10


@pytest.mark.slow
def test_a_service_that_cannot_start_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LeftOut, match="fenban serve: "):
        measure_api(tmp_path / "no-model")


def test_matters_are_judged_by_their_first_three(router: Router, tmp_path: Path) -> None:
    path = tmp_path / "matters.jsonl"
    matters = [
        {"text": "南宁市青秀区工地老板拖欠工资", "functions": ["人力资源"]},
        {"text": "南宁市青秀区工地老板拖欠工资", "functions": ["海事"]},
    ]
    path.write_text("\n".join(json.dumps(m, ensure_ascii=False) for m in matters), "utf-8")
    assert count_acceptable(router, path) == {"n": 2, "acceptable": 1, "share": 0.5}


def test_the_help_names_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--help"])
    said = capsys.readouterr().out
    assert all(part in said for part in bench.PARTS)
