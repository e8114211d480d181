"""Model folders edited on purpose, with right hashes: they are refused when loaded, or they answer.

Every array and every setting is changed in every way below; a folder that loads and then fails at each
suggestion would take a service down long after somebody put it there.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from safetensors.numpy import save as tensor_bytes
from scipy import sparse

from fenban.model import Router
from fenban.model.artifact.folder import ARRAYS, CASES, DIRECTORY, MANIFEST, NEIGHBOURS, SETTINGS, load, save
from fenban.model.errors import ModelFolderError
from fenban.model.memory.neighbours import Neighbours
from fenban.model.reading.local_places import LocalPlaces
from fenban.model.scoring.composition import UnitComposer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fenban.model.scoring.content import ModelContent

pytestmark = pytest.mark.slow

TEXTS = ["南宁市兴宁区的红绿灯坏了，和美花园门口", "桂林市象山区老板拖欠工资", "超市卖过期酸奶", ""]
Edit = tuple[str, str, bytes]  # what was done, to which file, and what the file holds then


def with_taught_places(content: ModelContent) -> ModelContent:
    """Add what sixty cases are too few to teach: where an estate lies."""
    counts = sparse.csr_matrix(np.array([[4, 4], [3, 0]], dtype=np.int32))
    totals = np.array([40, 20], dtype=np.int32)
    taught = LocalPlaces(("和美花园", "红星路"), ("南宁市", "南宁市/兴宁区"), counts, totals)

    def taught_too(stage: Any) -> Any:
        old = stage.composer
        composer = UnitComposer(old.table, {**old.weights, "taught_place": 1.0}, old.calibration, taught)
        return replace(stage, composer=composer)

    fused = taught_too(content.fused) if content.fused else None
    return replace(content, sparse=taught_too(content.sparse), fused=fused)


@pytest.fixture(params=["content", "fused"], ids=["sparse", "fused"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    save(with_taught_places(request.getfixturevalue(request.param)), tmp_path / "model")
    return tmp_path / "model"


def array_edits(folder: Path) -> Iterator[Edit]:
    arrays = load_file(folder / ARRAYS)
    for name, array in arrays.items():
        for what, changed in changed_arrays(array):
            yield f"{name}: {what}", ARRAYS, tensor_bytes({**arrays, name: np.ascontiguousarray(changed)})
        rest = {other: array for other, array in arrays.items() if other != name}
        yield f"{name}: missing", ARRAYS, tensor_bytes(rest)
    yield "an array more", ARRAYS, tensor_bytes({**arrays, "weights.more": np.zeros(3, np.float32)})


def changed_arrays(array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "wider type", array.astype(np.float64 if array.dtype.kind == "f" else np.int64)
    yield "other kind", array.astype(np.int32 if array.dtype.kind == "f" else np.float32)
    yield "one row less", array[:-1]
    yield "one row more", np.concatenate([array, array[-1:]])
    yield "one dimension more", array[None]
    yield "empty", array[:0]
    yield "back to front", array[::-1]
    if array.ndim > 1:
        yield "one column less", array[:, :-1]
        yield "one column more", np.concatenate([array, array[:, -1:]], axis=1)
        yield "on its side", array.T
    worst = [np.nan, np.inf, -np.inf] if array.dtype.kind == "f" else [np.iinfo(array.dtype).max]
    worst += [np.iinfo(array.dtype).min] if array.dtype.kind == "i" else []
    for value in worst:
        changed = array.copy()
        changed.flat[changed.size // 2] = value
        yield f"a {value} in it", changed
    if array.dtype.kind in "iu":
        changed = array.copy()
        changed.flat[-1] = array.max() + 1
        yield "one above the largest", changed


def json_edits(folder: Path, name: str) -> Iterator[Edit]:
    whole = json.loads((folder / name).read_text("utf-8"))
    for path, value in places_in(whole):
        for what, changed in changed_values(value):
            yield f"{path}: {what}", name, as_bytes(with_value(whole, path, changed))
        if isinstance(path[-1], str):
            yield f"{path}: missing", name, as_bytes(with_value(whole, path, None, missing=True))
    yield "a name more", name, as_bytes({**whole, "more": 1})


def places_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield where each value of an object stands; of a list only the last, for the others are alike."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places_in(inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from places_in(value[-1], (*path, len(value) - 1))


def changed_values(value: Any) -> Iterator[tuple[str, Any]]:
    wrong: list[Any] = [None, "", "文字", 3, -1, 1e308, 10**400, float("nan"), True, [], [[]], {}, {"甲": 1}]
    for other in wrong:
        if other != value:
            yield f"is {str(other)[:20]!r} of {type(other).__name__}", other
    if isinstance(value, list) and value:
        yield "one less", value[:-1]
        yield "the last twice", [*value, value[-1]]
        yield "back to front", value[::-1]


def with_value(whole: Any, path: tuple[str | int, ...], value: object, *, missing: bool = False) -> Any:
    changed = copy.deepcopy(whole)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    if missing:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


def as_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def outcome(folder: Path, edit: Edit, original: bytes) -> str:
    """Load the edited folder and ask it; say what came of it. The folder is as before afterwards."""
    _, name, changed = edit
    manifest = (folder / MANIFEST).read_bytes()
    listed = json.loads(manifest)
    listed["files"][name] = hashlib.sha256(changed).hexdigest()
    (folder / name).write_bytes(changed)
    (folder / MANIFEST).write_text(json.dumps(listed, ensure_ascii=False), "utf-8")
    try:
        content = load(folder, encoder_threads=1)
    except ModelFolderError:
        return "refused"
    finally:
        (folder / name).write_bytes(original)
        (folder / MANIFEST).write_bytes(manifest)
    ask(content)
    return "answered"


def ask(content: ModelContent) -> None:
    router = Router(content)
    with np.errstate(over="ignore"):  # sixty cases make a head so sure that its margins leave float32
        found = [*router.suggest(TEXTS, evidence="full"), *router.suggest(TEXTS, thorough=False)]
    for suggestion in found:
        json.dumps(suggestion.as_dict(), allow_nan=False)
        assert all(0 <= unit.probability <= 1 for unit in suggestion.lead_units)
    assert found[0].functions
    assert found[0].lead_units


def edits_of(folder: Path, name: str) -> Iterator[Edit]:
    return array_edits(folder) if name == ARRAYS else json_edits(folder, name)


def assert_refused_or_answering(folder: Path, name: str, edits: Iterable[Edit], fewest: int) -> None:
    original = (folder / name).read_bytes()
    outcomes: dict[str, list[str]] = {"refused": [], "answered": [], "failed": []}
    for edit in edits:
        try:
            outcomes[outcome(folder, edit, original)].append(edit[0])
        except Exception as error:  # whatever it is, it is the failure looked for
            outcomes["failed"].append(f"{edit[0]}: {type(error).__name__} {error}")
    assert not outcomes["failed"], "\n".join(outcomes["failed"])
    assert sum(map(len, outcomes.values())) >= fewest
    assert len(outcomes["refused"]) > len(outcomes["answered"])
    ask(load(folder, encoder_threads=1))  # what was not edited still answers


@pytest.mark.parametrize(
    ("name", "step", "fewest"),
    [(ARRAYS, 1, 200), (SETTINGS, 9, 100), (DIRECTORY, 5, 40)],
    ids=["arrays", "settings", "directory"],
)
def test_an_edited_folder_is_refused_or_answers(folder: Path, name: str, step: int, fewest: int) -> None:
    assert_refused_or_answering(folder, name, itertools.islice(edits_of(folder, name), 0, None, step), fewest)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fewest"), [(SETTINGS, 1000), (DIRECTORY, 200)], ids=["settings", "directory"]
)
def test_every_edit_of_settings_and_directory_is_refused_or_answers(
    folder: Path, name: str, fewest: int
) -> None:
    assert_refused_or_answering(folder, name, edits_of(folder, name), fewest)


def test_remembered_cases_of_other_vectors_are_refused(folder: Path) -> None:
    """Well-formed, but of a length that no text of this model has."""
    content = load(folder, encoder_threads=1)
    assert content.neighbours is not None
    rows = np.random.default_rng(1).normal(size=(len(content.neighbours), 8)).astype(np.float32)
    other = Neighbours.build(rows, content.neighbours.cases).to_bytes()
    edit = ("of length 8", NEIGHBOURS, other)
    assert outcome(folder, edit, (folder / NEIGHBOURS).read_bytes()) == "refused"


@pytest.mark.parametrize("value", [None, 7, [], {}], ids=str)
def test_a_remembered_case_without_a_text_is_refused(folder: Path, value: object) -> None:
    original = (folder / CASES).read_bytes()
    first, *rest = original.decode().splitlines()
    lines = [json.dumps({**json.loads(first), "text": value}, ensure_ascii=False), *rest]
    assert outcome(folder, ("text", CASES, "\n".join(lines).encode()), original) == "refused"


def test_a_copy_of_the_folder_is_the_same_model(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    assert load(tmp_path / "copy", encoder_threads=1).version == load(folder, encoder_threads=1).version
