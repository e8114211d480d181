"""The cache saves work and changes nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fenban.training.encoder.embedding_cache import EmbeddingCache

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = ["路灯坏了三天没人修", "老板拖欠工资", "路灯坏了三天没人修", "", "半个\ud83d字符"]


@dataclass
class CountingEncoder:
    """Gives every text the same vector each time, and remembers what it was asked for."""

    fingerprint: str = "a" * 64
    dimension: int = 4
    asked: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        rows = [np.random.default_rng(sum(map(ord, text))).normal(size=self.dimension) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("*.safetensors")
    return path


def test_the_same_with_a_cache_without_one_and_the_second_time(tmp_path: Path) -> None:
    plain = EmbeddingCache(None).embed(CountingEncoder(), TEXTS)
    first = EmbeddingCache(tmp_path).embed(CountingEncoder(), TEXTS)
    again = CountingEncoder()
    np.testing.assert_array_equal(EmbeddingCache(tmp_path).embed(again, TEXTS), first)
    np.testing.assert_array_equal(plain, first)
    np.testing.assert_allclose(first, CountingEncoder().encode(TEXTS), rtol=1e-3)
    assert not again.asked
    assert (first.dtype, first.shape) == (np.float32, (5, 4))


def test_only_what_is_new_is_embedded_and_each_text_once(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    cache = EmbeddingCache(tmp_path)
    cache.embed(encoder, TEXTS)
    assert sorted(encoder.asked) == sorted(set(TEXTS))
    encoder.asked.clear()
    cache.embed(encoder, ["垃圾没有人清运", *TEXTS])
    assert encoder.asked == ["垃圾没有人清运"]
    assert cache.embed(encoder, []).shape == (0, 4)


def test_encoders_do_not_read_each_others_vectors(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path).embed(CountingEncoder(), TEXTS)
    other = CountingEncoder(fingerprint="b" * 64)
    EmbeddingCache(tmp_path).embed(other, TEXTS)
    assert len(other.asked) == len(set(TEXTS))


def test_the_oldest_vectors_go_first(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, most=2)
    for text in ("一", "二", "三"):
        cache.embed(CountingEncoder(), [text])
    encoder = CountingEncoder()
    cache.embed(encoder, ["二", "三"])
    assert not encoder.asked
    assert load_file(the_file(tmp_path))["vectors"].shape == (2, 4)
    cache.embed(encoder, ["一"])
    assert encoder.asked == ["一"]


def test_more_texts_than_are_kept_are_all_answered(tmp_path: Path) -> None:
    vectors = EmbeddingCache(tmp_path, most=1).embed(CountingEncoder(), TEXTS)
    np.testing.assert_array_equal(vectors, EmbeddingCache(None).embed(CountingEncoder(), TEXTS))


@pytest.mark.parametrize("damage", ["short", "empty", "shape", "type", "infinite", "names"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: str) -> None:
    cache = EmbeddingCache(tmp_path)
    whole = cache.embed(CountingEncoder(), TEXTS)
    path = the_file(tmp_path)
    arrays = load_file(path)
    changed = {
        "shape": arrays | {"vectors": arrays["vectors"][:, :3].copy()},
        "type": arrays | {"vectors": arrays["vectors"].astype(np.float32)},
        "infinite": arrays | {"vectors": np.full_like(arrays["vectors"], np.inf)},
        "names": {"other": arrays["keys"]},
    }
    if damage in changed:
        save_file(changed[damage], path)
    else:
        path.write_bytes(path.read_bytes()[:40] if damage == "short" else b"")
    np.testing.assert_array_equal(cache.embed(CountingEncoder(), TEXTS), whole)
    encoder = CountingEncoder()
    cache.embed(encoder, TEXTS)
    assert not encoder.asked


def test_the_file_holds_no_text_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path).embed(CountingEncoder(), TEXTS)
    assert "路灯".encode() not in the_file(tmp_path).read_bytes()
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".lock"}


def test_a_folder_that_cannot_be_made_costs_no_result(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    vectors = EmbeddingCache(tmp_path / "file").embed(CountingEncoder(), TEXTS)
    np.testing.assert_array_equal(vectors, EmbeddingCache(None).embed(CountingEncoder(), TEXTS))


def test_progress_goes_up_to_the_number_of_new_texts(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    texts = [f"第{number}条" for number in range(150)]
    EmbeddingCache(tmp_path).embed(CountingEncoder(), texts, lambda _, d=0, t=0: told.append((d, t)))
    assert told == [(0, 150), (64, 150), (128, 150), (150, 150)]
