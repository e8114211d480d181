"""Model folders: round trip, determinism, and every way in which one can be wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from fenban.model import Case, Router
from fenban.model.artifact import (
    ARRAYS,
    DIRECTORY,
    FORMAT_VERSION,
    MANIFEST,
    SETTINGS,
    ModelContent,
    load,
    read_manifest,
    save,
)
from fenban.model.directory import Directory, Function, Unit
from fenban.model.errors import ModelFolderError
from fenban.training.train import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXTS = [
    "南宁市兴宁区的红绿灯坏了",
    "桂林市象山区老板拖欠工资",
    "超市卖过期酸奶",
    "",
    "路燈不亮，電話13800138000",
]
FILES = {MANIFEST, ARRAYS, DIRECTORY, SETTINGS}


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(model_folder, folder)
    return folder


def with_right_hashes(folder: Path) -> None:
    """Rewrite the hashes, as somebody would who changed the files on purpose."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")


def change(folder: Path, name: str, edit: Callable[[Any], object]) -> None:
    value = json.loads((folder / name).read_text("utf-8"))
    changed = edit(value)
    (folder / name).write_text(json.dumps(value if changed is None else changed, ensure_ascii=False), "utf-8")


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
    second = save(train(cases, content.directory), tmp_path / "two")
    assert first == second
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_another_seed_or_other_cases_are_another_model(
    cases: list[Case], content: ModelContent, tmp_path: Path
) -> None:
    versions = {
        save(content, tmp_path / "one"),
        save(train(cases, content.directory, seed=7), tmp_path / "seed"),
        save(train(cases[1:], content.directory), tmp_path / "fewer"),
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


def test_no_message_stands_in_the_folder(model_folder: Path, cases: list[Case]) -> None:
    whole = b"".join(path.read_bytes() for path in sorted(model_folder.iterdir()))
    for case in cases:
        assert case.submission.text[-8:].encode() not in whole


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


# --- what is wrong with a folder ---------------------------------------------------------------


@pytest.mark.parametrize("name", [ARRAYS, DIRECTORY, SETTINGS])
def test_a_changed_byte(copy: Path, name: str) -> None:
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(ModelFolderError, match=f"{name} was changed"):
        load(copy)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelFolderError, match=f"{name} is missing"):
        load(copy)


def test_a_file_that_the_manifest_does_not_list(copy: Path) -> None:
    change(copy, MANIFEST, lambda manifest: manifest["files"].pop(SETTINGS) and None)
    with pytest.raises(ModelFolderError, match=SETTINGS):
        load(copy)


def test_a_newer_format(copy: Path) -> None:
    change(copy, MANIFEST, lambda manifest: manifest.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(ModelFolderError, match=f"format {FORMAT_VERSION + 1} is newer.*upgrade"):
        load(copy)


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.5, [1]])
def test_a_format_that_never_was(copy: Path, version: object) -> None:
    change(copy, MANIFEST, lambda manifest: manifest.update(format_version=version))
    with pytest.raises(ModelFolderError, match=MANIFEST):
        load(copy)


def test_files_of_an_unknown_kind(copy: Path) -> None:
    change(copy, MANIFEST, lambda manifest: manifest["files"].update({"hook.py": "0" * 64}))
    with pytest.raises(ModelFolderError, match=r"hook\.py"):
        load(copy)


def test_not_a_folder_at_all(tmp_path: Path, model_folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, said in [
        (tmp_path / "nowhere", "no such folder"),
        (model_folder / MANIFEST, "no such folder"),
        (tmp_path / "empty", "not a model folder"),
    ]:
        with pytest.raises(ModelFolderError, match=said) as caught:
            Router.load(folder)
        assert str(folder) in str(caught.value)


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"text"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"{}",
    b'{"format_version": 1}',
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_a_manifest_of_garbage(copy: Path, garbage: bytes) -> None:
    (copy / MANIFEST).write_bytes(garbage)
    with pytest.raises(ModelFolderError, match=MANIFEST):
        load(copy)


@pytest.mark.parametrize("garbage", [g for g in GARBAGE if g != b"{}"], ids=str)
@pytest.mark.parametrize("name", [SETTINGS, ARRAYS])
def test_garbage_with_the_right_hash(copy: Path, name: str, garbage: bytes) -> None:
    (copy / name).write_bytes(garbage)
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


def test_truncated_arrays_with_the_right_hash(copy: Path) -> None:
    whole = (copy / ARRAYS).read_bytes()
    for size in (0, 4, 8, 100, len(whole) // 2, len(whole) - 1):
        (copy / ARRAYS).write_bytes(whole[:size])
        with_right_hashes(copy)
        with pytest.raises(ModelFolderError, match="not what the format promises"):
            load(copy)


def drop(arrays: dict[str, Any]) -> None:
    del arrays["weights.data"]


def beyond_the_table(arrays: dict[str, Any]) -> None:
    arrays["space.slots"][-1] = 2**31


def beyond_the_classes(arrays: dict[str, Any]) -> None:
    arrays["weights.indices"][0] = 60_000


def pointers_astray(arrays: dict[str, Any]) -> None:
    arrays["weights.indptr"][3] = 2**30


def other_length(arrays: dict[str, Any]) -> None:
    arrays["space.idf"] = arrays["space.idf"][:-1].copy()


@pytest.mark.parametrize("edit", [drop, beyond_the_table, beyond_the_classes, pointers_astray, other_length])
def test_arrays_that_do_not_fit_together(copy: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    arrays = dict(load_file(copy / ARRAYS))
    edit(arrays)
    save_file(arrays, copy / ARRAYS)
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


SETTINGS_EDITS: list[Callable[[dict[str, Any]], object]] = [
    lambda s: s.update(table_bits=20),
    lambda s: s.pop("heads") and None,
    lambda s: s.update(heads=[{"name": "function"}]),
    lambda s: s.update(heads=7),
    lambda s: s.update(units=[["没有的单位", "没有的职能"]]),
    lambda s: s.update(curves=["没有的曲线"]),
    lambda s: s.update(tops={"function": [1, 2, 3, 4, 5]}),
    lambda s: s.update(local_places=[["一", "二", "三"]]),
    lambda _: [],
    lambda _: 3,
]


@pytest.mark.parametrize("edit", SETTINGS_EDITS, ids=range(len(SETTINGS_EDITS)))
def test_settings_that_make_no_sense(copy: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    change(copy, SETTINGS, edit)
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


DIRECTORY_EDITS: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d.pop("units") and None,
    lambda d: d["units"].append({"name": "甲局", "function": "没有的职能"}),
    lambda d: d["units"].append("甲局"),
    lambda d: d["units"][0].update(valid_from="昨天"),
    lambda d: d["functions"][0].update(predecessors=[{"who": "甲局"}]),
    lambda d: d.update(functions=None),
]


@pytest.mark.parametrize("edit", DIRECTORY_EDITS, ids=range(len(DIRECTORY_EDITS)))
def test_a_directory_that_makes_no_sense(copy: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    change(copy, DIRECTORY, edit)
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_flipped_bytes_never_raise_anything_else(
    content_bytes: dict[str, bytes], scratch: Path, data: st.DataObject
) -> None:
    """A flip outside the manifest is always found; one inside it may change what is only a note."""
    name = data.draw(st.sampled_from(sorted(FILES)))
    raw = bytearray(content_bytes[name])
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (scratch / name).write_bytes(raw)
    try:
        found = load(scratch)
    except ModelFolderError as error:
        said = str(error)
    else:
        said = ""
        assert np.isfinite(found.heads.intercept).all()
    finally:
        (scratch / name).write_bytes(content_bytes[name])
    if bytes(raw) == content_bytes[name]:
        assert not said
    else:
        assert name == MANIFEST or str(scratch) in said


@pytest.fixture(scope="module")
def scratch(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scratch") / "model"
    shutil.copytree(model_folder, folder)
    return folder


@pytest.fixture(scope="module")
def content_bytes(model_folder: Path) -> dict[str, bytes]:
    return {name: (model_folder / name).read_bytes() for name in FILES}


# --- writing -----------------------------------------------------------------------------------


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
    save(train(relabelled, Directory(functions, units)), tmp_path / "model")
    suggestion = Router.load(tmp_path / "model").suggest(["红绿灯坏了"])[0]
    assert [unit.unit for unit in suggestion.lead_units] == ["合并局", "独立局"]
    assert suggestion.lead_units[0].probability > 0.5
