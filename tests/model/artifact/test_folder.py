"""Model folders: written and read."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fenban.model import Case, Router
from fenban.model.artifact.folder import (
    ARRAYS,
    CASES,
    DIRECTORY,
    FORMAT_VERSION,
    MANIFEST,
    NEIGHBOURS,
    SETTINGS,
    load,
    read_manifest,
    save,
)
from fenban.model.directory import Directory, Function, Unit
from fenban.model.errors import ModelFolderError
from fenban.model.memory.neighbours import LONGEST
from fenban.training.train import train_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fenban.model.scoring.content import ModelContent


TEXTS = [
    "南宁市兴宁区的红绿灯坏了",
    "桂林市象山区老板拖欠工资",
    "超市卖过期酸奶",
    "",
    "路燈不亮，電話13800138000",
]


FILES = {MANIFEST, ARRAYS, DIRECTORY, SETTINGS, CASES, NEIGHBOURS}


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(model_folder, folder)
    return folder


def test_a_saved_model_suggests_what_the_trained_one_did(content: ModelContent, router: Router) -> None:
    for trained, loaded in zip(Router(content).suggest(TEXTS), router.suggest(TEXTS), strict=True):
        one, other = trained.as_dict(), loaded.as_dict()
        assert one.pop("model") != other.pop("model")
        assert one == other


def test_saving_what_was_loaded_gives_the_same_folder(model_folder: Path, tmp_path: Path) -> None:
    save(load(model_folder), tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (model_folder / name).read_bytes(), name


def test_two_trainings_write_the_same_bytes(cases: list[Case], content: ModelContent, tmp_path: Path) -> None:
    first = save(content, tmp_path / "one")
    second = save(train_model(cases, content.directory), tmp_path / "two")
    assert first == second
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_another_seed_or_other_cases_are_another_model(
    cases: list[Case], content: ModelContent, tmp_path: Path
) -> None:
    versions = {
        save(content, tmp_path / "one"),
        save(train_model(cases, content.directory, seed=7), tmp_path / "seed"),
        save(train_model(cases[1:], content.directory), tmp_path / "fewer"),
    }
    assert len(versions) == 3


def test_the_version_is_the_hash_of_the_manifest(model_folder: Path, router: Router) -> None:
    whole = hashlib.sha256((model_folder / MANIFEST).read_bytes()).hexdigest()
    assert whole.startswith(router.version)
    assert router.suggest(["路灯"])[0].model == {"version": router.version}


def test_the_manifest_says_what_the_model_is_made_of(model_folder: Path, cases: list[Case]) -> None:
    manifest = read_manifest(model_folder)
    assert manifest["format_version"] == FORMAT_VERSION
    assert {"libraries", "seed", "parent", "data", "metrics", "files"} <= set(manifest)
    assert manifest["data"]["cases"] == len(cases)
    assert "numpy" in manifest["libraries"]
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((model_folder / name).read_bytes()).hexdigest() == digest


def test_the_folder_holds_no_code(model_folder: Path) -> None:
    assert {path.name for path in model_folder.iterdir()} == FILES
    for name in (MANIFEST, DIRECTORY, SETTINGS):
        json.loads((model_folder / name).read_text("utf-8"))
    raw = (model_folder / ARRAYS).read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    ends = max(entry["data_offsets"][1] for entry in header.values())
    assert 8 + size + ends == len(raw), "something stands behind the arrays"
    kinds = {entry["dtype"] for entry in header.values()}
    assert kinds <= {"F16", "F32", "U8", "U16", "U32", "I32", "I64"}


def test_no_message_stands_in_a_folder_without_memory(
    content: ModelContent, cases: list[Case], tmp_path: Path
) -> None:
    folder = tmp_path / "forgetful"
    save(train_model(cases, content.directory, memory=False), folder)
    whole = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    for case in cases:
        assert case.submission.text[-8:].encode() not in whole
    assert load(folder).neighbours is None
    assert Router.load(folder).suggest(TEXTS)[0].evidence.similar == ()


def test_what_is_remembered_is_masked_and_short(
    content: ModelContent, cases: list[Case], tmp_path: Path
) -> None:
    private = "我住友爱北路22号，电话13800138000，" + cases[0].submission.text
    long = replace(cases[1].submission, text=cases[1].submission.text * 20)
    told = [
        replace(cases[0], submission=replace(cases[0].submission, text=private)),
        replace(cases[1], submission=long),
        *cases[2:],
    ]
    save(train_model(told, content.directory), tmp_path / "told")
    whole = b"".join(path.read_bytes() for path in sorted((tmp_path / "told").iterdir()))
    assert b"13800138000" not in whole
    assert "22号".encode() not in whole
    assert "[手机号]".encode() in whole
    found = load(tmp_path / "told").neighbours
    assert found is not None
    assert len(found) == len(cases)
    assert max(len(case.text) for case in found.cases) == LONGEST


def test_files_can_be_read_by_whoever_can_read_the_manifest(model_folder: Path) -> None:
    modes = {path.stat().st_mode for path in model_folder.iterdir()}
    assert len(modes) == 1


def test_loading_imports_nothing_from_the_folder(copy: Path) -> None:
    trap = "import pathlib; pathlib.Path(__file__).with_name('sprung').write_text('x')\n"
    for name in ("__init__.py", "numpy.py", "settings.py", "manifest.py", "conftest.py"):
        (copy / name).write_text(trap)
    script = (
        "import sys\n"
        "from fenban.model import artifact, Router\n"
        f"Router.load({str(copy)!r}).suggest(['红绿灯坏了'])\n"
        f"files = [getattr(m, '__file__', None) or '' for m in list(sys.modules.values())]\n"
        f"assert not [f for f in files if f.startswith({str(copy)!r})]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd="/", timeout=60)
    assert not (copy / "sprung").exists()


def test_a_model_loads_in_less_than_a_second(model_folder: Path) -> None:
    load(model_folder)
    best = min(_seconds(lambda: Router.load(model_folder)) for _ in range(3))
    assert best < 1


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_a_model_folder_is_replaced_whole(content: ModelContent, copy: Path) -> None:
    (copy / "notes.txt").write_text("old")
    version = save(content, copy)
    assert {path.name for path in copy.iterdir()} == FILES
    assert load(copy).version == version
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_another_folder_is_left_alone(content: ModelContent, tmp_path: Path) -> None:
    target = tmp_path / "photos"
    target.mkdir()
    (target / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(ModelFolderError, match="not a model folder"):
        save(content, target)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    assert (target / "cat.jpg").read_bytes() == b"cat"


def test_a_file_in_the_way_is_left_alone(content: ModelContent, tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.write_text("a letter")
    with pytest.raises(ModelFolderError, match="is a file"):
        save(content, target)
    assert target.read_text() == "a letter"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_empty_folder_is_used(content: ModelContent, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    version = save(content, tmp_path / "model")
    assert load(tmp_path / "model").version == version


def test_units_that_share_a_name_survive(cases: list[Case], tmp_path: Path) -> None:
    """An office of two functions stands twice in a directory."""
    functions = [Function("甲职能"), Function("乙职能")]
    units = [
        Unit("合并局", "甲职能", "南宁市"),
        Unit("合并局", "乙职能", "南宁市"),
        Unit("独立局", "甲职能", "桂林市"),
    ]
    relabelled = [
        Case(case.submission, function=("甲职能", "乙职能")[i % 2], lead_unit="合并局")
        for i, case in enumerate(cases)
    ]
    save(train_model(relabelled, Directory(functions, units)), tmp_path / "model")
    suggestion = Router.load(tmp_path / "model").suggest(["红绿灯坏了"])[0]
    assert [unit.unit for unit in suggestion.lead_units] == ["合并局", "独立局"]
    assert suggestion.lead_units[0].probability > 0.5
