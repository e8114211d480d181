"""Model folders that are damaged, strange or too new are refused with a clear error."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from fenban.model import Router
from fenban.model.artifact.folder import (
    ARRAYS,
    CASES,
    DIRECTORY,
    FORMAT_VERSION,
    MANIFEST,
    NEIGHBOURS,
    SETTINGS,
    load,
)
from fenban.model.errors import ModelFolderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


FILES = {MANIFEST, ARRAYS, DIRECTORY, SETTINGS, CASES, NEIGHBOURS}


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


@pytest.mark.parametrize("name", [ARRAYS, DIRECTORY, SETTINGS, CASES, NEIGHBOURS])
def test_a_changed_byte_is_refused(copy: Path, name: str) -> None:
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(ModelFolderError, match=f"{name} was changed"):
        load(copy)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelFolderError, match=f"{name} is missing"):
        load(copy)


def test_a_file_that_the_manifest_does_not_list_is_refused(copy: Path) -> None:
    change(copy, MANIFEST, lambda manifest: manifest["files"].pop(SETTINGS) and None)
    with pytest.raises(ModelFolderError, match=SETTINGS):
        load(copy)


def test_a_newer_format_is_refused(copy: Path) -> None:
    change(copy, MANIFEST, lambda manifest: manifest.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(ModelFolderError, match=f"format {FORMAT_VERSION + 1} is newer.*upgrade"):
        load(copy)


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.5, [1]])
def test_a_format_that_never_was_is_refused(copy: Path, version: object) -> None:
    change(copy, MANIFEST, lambda manifest: manifest.update(format_version=version))
    with pytest.raises(ModelFolderError, match=MANIFEST):
        load(copy)


def test_files_of_an_unknown_kind_are_refused(copy: Path) -> None:
    change(copy, MANIFEST, lambda manifest: manifest["files"].update({"hook.py": "0" * 64}))
    with pytest.raises(ModelFolderError, match=r"hook\.py"):
        load(copy)


def test_what_is_no_model_folder_is_refused(tmp_path: Path, model_folder: Path) -> None:
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
def test_a_manifest_of_garbage_is_refused(copy: Path, garbage: bytes) -> None:
    (copy / MANIFEST).write_bytes(garbage)
    with pytest.raises(ModelFolderError, match=MANIFEST):
        load(copy)


@pytest.mark.parametrize("value", [7, "text", [], [1], True], ids=str)
@pytest.mark.parametrize("name", ["data", "metrics", "libraries", "files"])
def test_a_manifest_with_a_value_of_another_kind_is_refused(copy: Path, name: str, value: object) -> None:
    """What it says of the training is printed, put into reports and compared when retraining."""
    change(copy, MANIFEST, lambda manifest: manifest.update({name: value}))
    with pytest.raises(ModelFolderError, match=MANIFEST):
        load(copy)


@pytest.mark.parametrize(
    "value", [{"top1": "0.9", "n": 3}, {"n": 3}, None, {"n": 3, "top1": float("nan")}], ids=str
)
def test_a_metric_that_is_none_is_refused(copy: Path, value: object) -> None:
    change(copy, MANIFEST, lambda manifest: manifest["metrics"].update(function=value))
    with pytest.raises(ModelFolderError, match=r"metrics\.function"):
        load(copy)


@pytest.mark.parametrize("garbage", [g for g in GARBAGE if g != b"{}"], ids=str)
@pytest.mark.parametrize("name", [SETTINGS, ARRAYS, CASES, NEIGHBOURS])
def test_garbage_with_the_right_hash_is_refused(copy: Path, name: str, garbage: bytes) -> None:
    (copy / name).write_bytes(garbage)
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


def test_truncated_arrays_with_the_right_hash_are_refused(copy: Path) -> None:
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
def test_arrays_that_do_not_fit_together_are_refused(
    copy: Path, edit: Callable[[dict[str, Any]], None]
) -> None:
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
    lambda s: s["stages"]["sparse"].update(curves={"没有的曲线": []}),
    lambda s: s["stages"]["sparse"].update(tops={"function": [1, 2, 3, 4, 5]}),
    lambda s: s["stages"].pop("sparse") and None,
    lambda s: s["stages"]["sparse"]["weights"].update(function=["重"]),
    lambda s: s["stages"]["sparse"]["weights"].update(function=[["轻", "重", 1.0]]),
    lambda s: s["stages"]["sparse"]["weights"].update(function=[[1.0, 2.0, 3.0, 4.0]]),
    lambda s: s.update(local_places=[["一", "二", "三"]]),
    lambda _: [],
    lambda _: 3,
]


@pytest.mark.parametrize("edit", SETTINGS_EDITS, ids=range(len(SETTINGS_EDITS)))
def test_settings_that_make_no_sense_are_refused(
    copy: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    change(copy, SETTINGS, edit)
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


@pytest.mark.parametrize(
    "line",
    ['{"text": "路灯"}', '{"text": 7}', '{"words": "路灯"}', "{}", '"路灯"', '{"text": "路灯", "topic": []}'],
)
def test_remembered_cases_that_make_no_sense_are_refused(copy: Path, line: str) -> None:
    lines = (copy / CASES).read_text("utf-8").splitlines()
    (copy / CASES).write_text("\n".join([line] if line.endswith('灯"}') else [line, *lines[1:]]), "utf-8")
    with_right_hashes(copy)
    with pytest.raises(ModelFolderError, match="not what the format promises"):
        load(copy)


@pytest.mark.parametrize("name", [CASES, NEIGHBOURS])
def test_half_a_memory_is_refused(copy: Path, name: str) -> None:
    change(copy, MANIFEST, lambda manifest: manifest["files"].pop(name) and None)
    with pytest.raises(ModelFolderError, match=f"{name} is missing"):
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
def test_a_directory_that_makes_no_sense_is_refused(
    copy: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
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
