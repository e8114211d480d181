"""Use-cases as the API or a background job call them: plain values in, a result out, nothing printed."""

from __future__ import annotations

import ast
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fenban.serving.cli
import fenban.serving.jobs
from fenban import training
from fenban.model import Router
from fenban.model.errors import InputError, ModelFolderError
from fenban.serving import jobs
from fenban.serving.desk.directory.imports import ImportOptions
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.errors import ChangedMeanwhileError
from fenban.serving.store.schema import migrate
from fenban.training.registry.models import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fenban.serving.jobs import Notice

KINDS = (
    ("交通运输局", ("公交车总是等很久才来", "公交站牌一直没有更新", "出租车在车站拒载乘客")),
    ("城市管理局", ("夜市占道经营到半夜", "流动摊贩占了人行道", "楼下垃圾没有人清运")),
)
ROWS = [(f"{d}{t}", f"南宁市{d}{f}", f) for f, texts in KINDS for t in texts for d in ("青秀区", "兴宁区")]
FOLDERS = {
    package.__name__: Path(package.__path__[0]) for package in (fenban.serving.cli, fenban.serving.jobs)
}
MODULES = [path for folder in FOLDERS.values() for path in sorted(folder.rglob("*.py"))]


@pytest.fixture(autouse=True)
def _nothing_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert capsys.readouterr() == ("", "")


def cases_file(name: str = "cases.csv", *more: tuple[str, ...]) -> jobs.CaseFiles:
    with Path(name).open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([("诉求内容", "承办单位", "职能"), *ROWS, *more])
    return jobs.CaseFiles((Path(name),))


def own_imports_in_functions(module: Path) -> list[int]:
    tree = ast.parse(module.read_text("utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        node.lineno
        for function in functions
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.level or str(node.module).startswith("fenban")))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("fenban") for alias in node.names))
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_import_of_our_own_hides_in_a_function(module: Path) -> None:
    assert own_imports_in_functions(module) == []


def test_the_search_for_hidden_imports_finds_them(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def f():\n    from ..store import audit\n    import fenban.model\n")
    assert own_imports_in_functions(tmp_path / "bad.py") == [2, 3]


def test_use_cases_know_no_command_line() -> None:
    for module in sorted(FOLDERS["fenban.serving.jobs"].glob("*.py")):
        text = module.read_text("utf-8")
        assert "argparse" not in text, module
        assert "print(" not in text, module


def test_every_name_of_the_face_is_there() -> None:
    assert {"triage_table", "retrain_from_files", "CaseFiles"} <= set(jobs.__all__)
    assert all(getattr(jobs, name) is not None for name in jobs.__all__)


def test_a_model_is_trained_evaluated_and_asked(tmp_path: Path) -> None:
    steps: list[str] = []
    heard: list[Notice] = []
    files = cases_file("cases.csv", ("", "x", "y"))
    trained = jobs.train_from_files(
        tmp_path / "model",
        tmp_path / "home",
        files,
        progress=lambda step, *_: steps.append(step),
        notify=heard.append,
    )
    assert trained.version == Router.load(tmp_path / "model").version
    assert (trained.n_cases, trained.labels) == (len(ROWS), ("lead_unit", "function"))
    assert {"read", "fit"} <= set(steps)
    (read,) = heard
    assert isinstance(read, jobs.CasesRead)
    assert read.n_rejected == 1
    assert read.set_aside is not None
    assert read.set_aside.file == tmp_path / "cases.rejected.csv"
    report = tmp_path / "report.html"
    evaluation = jobs.evaluate_files(tmp_path / "model", files, report=report)
    assert evaluation.n == len(ROWS)
    assert "<html" in report.read_text("utf-8")
    submissions, unreadable = jobs.read_submissions(Path("cases.csv"))
    assert unreadable is not None
    suggestions = jobs.route_texts(tmp_path / "model", submissions, 2)
    assert len(suggestions) == len(ROWS) + 1
    assert all(len(suggestion.lead_units) <= 2 for suggestion in suggestions)


def test_a_folder_that_is_no_place_for_a_model_is_known_before_the_cases_are_read(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(ModelFolderError, match="not a model folder"):
        jobs.train_from_files(tmp_path / "mine", tmp_path / "home", jobs.CaseFiles((Path("missing.csv"),)))


def test_rows_before_an_unreadable_file_are_set_aside_and_told(tmp_path: Path) -> None:
    heard: list[Notice] = []
    good = cases_file("good.csv", ("", "x", "y"))
    files = jobs.CaseFiles((*good.paths, Path("missing.csv")), rejected=tmp_path / "bad.csv")
    with pytest.raises(InputError, match=r"missing\.csv: does not exist"):
        jobs.propose_directory(files, tmp_path / "units.csv", heard.append)
    (read,) = heard
    assert isinstance(read, jobs.CasesRead)
    assert read.set_aside is not None
    assert read.set_aside.file == tmp_path / "bad.csv"
    assert (tmp_path / "bad.csv").is_file()
    assert not (tmp_path / "units.csv").exists()


def test_a_home_without_a_champion_gets_the_starter_model_and_says_so(
    tmp_path: Path, router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "train_starter", lambda *_: router.content)
    monkeypatch.setattr(training, "starter_cases", lambda: [])
    heard: list[Notice] = []
    folder = jobs.find_or_train_champion(tmp_path / "home", "li", notify=heard.append)
    assert Router.load(folder).version == router.version
    assert heard == [jobs.StarterBegun(), jobs.StarterReady(router.version, tmp_path / "home" / "registry")]
    assert [line["actor"] for line in Registry(tmp_path / "home").history()] == ["li", "li"]
    heard.clear()
    assert jobs.find_or_train_champion(tmp_path / "home", "li", notify=heard.append) == folder
    assert heard == []


def test_a_backlog_is_triaged_with_a_model_or_the_champion(
    tmp_path: Path, model_folder: Path, router: Router
) -> None:
    home = tmp_path / "home"
    Path("in.csv").write_text(f"内容\n{ROWS[0][0]}\n", "utf-8")
    outcome = jobs.triage_table(
        Path("in.csv"), Path("out.csv"), home, "li", model=model_folder, cascade=False
    )
    assert (outcome.n_rows, outcome.set_aside) == (1, None)
    assert not home.exists()
    with_a_model = Path("out.csv").read_bytes()
    registry = Registry(home)
    registry.promote(registry.add(router.content, [], "li", "first"), "li", "first")
    jobs.triage_table(Path("in.csv"), Path("out.csv"), home, "li", cascade=False)
    assert Path("out.csv").read_bytes() == with_a_model


def test_a_target_out_of_range_is_known_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must lie between"):
        jobs.triage_table(Path("in.csv"), Path("out.csv"), tmp_path, "li", target_precision=2.0)


def test_a_trial_is_added_listed_and_removed(tmp_path: Path) -> None:
    Path("examples.txt").write_text("无人机盘旋\n有人放无人机\n无人机半夜起降\n", "utf-8")
    kept = jobs.add_trial(tmp_path, "li", "低空局", ["管理无人机"], Path("examples.txt"), function="低空")
    assert jobs.list_trials(tmp_path) == (kept,)
    assert (kept.unit, kept.function, kept.actor, len(kept.examples)) == ("低空局", "低空", "li", 3)
    jobs.remove_trial(tmp_path, "li", "低空局")
    assert jobs.list_trials(tmp_path) == ()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = Database(parse_database_url(None, tmp_path))
    migrate(database)
    yield database
    database.close()


def test_a_list_is_looked_at_and_taken_in_unless_another_came_first(tmp_path: Path, store: Database) -> None:
    Path("list.csv").write_text("部门,职能,属地\n崇左市口岸公司,口岸,崇左市\n", "utf-8")
    Path("other.csv").write_text("部门,职能,属地\n崇左市口岸二公司,口岸,崇左市\n", "utf-8")
    options = ImportOptions(jobs.today(), complete=False)
    preview, other = (
        jobs.preview_import(store, tmp_path, Path(name), options) for name in ("list.csv", "other.csv")
    )
    assert [(change.kind, change.unit) for change in preview.proposal.changes] == [
        ("added", "崇左市口岸公司")
    ]
    assert (preview.n_listed, preview.unreadable) == (1, ())
    version = jobs.apply_import(store, preview, "cli:li", "机构改革")
    assert (version.by, version.note, version.fingerprint) == (
        "cli:li",
        "机构改革",
        preview.proposal.fingerprint,
    )
    with pytest.raises(ChangedMeanwhileError):
        jobs.apply_import(store, other, "cli:li")
    again = jobs.preview_import(store, tmp_path, Path("list.csv"), options)
    assert (again.base, again.proposal.changes) == (version.fingerprint, ())


def test_a_directory_is_proposed_from_cases(tmp_path: Path) -> None:
    rows = jobs.propose_directory(cases_file(), tmp_path / "units.csv")
    assert {row.name for row in rows} == {unit for _, unit, _ in ROWS}
    directory = training.read_directory(tmp_path / "units.csv")
    assert jobs.faults_of(directory) == []
