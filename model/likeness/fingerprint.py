"""A matter as sets of hashed words, pairs of words and names of places: what likeness is measured on.

Nothing here depends on a model, so that a fingerprint written by one version still compares with one
written by the next. A name is what stands before an ending such as 路 or 小区; where it begins is not
written, so its last two and its last three characters are kept, which need no beginning.
"""

from __future__ import annotations

import bisect
import itertools
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..case import Submission
from ..errors import InputError
from ..reading.privacy import hide
from ..reading.segment import Segmenter, default_segmenter
from ..reading.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MOST = 600  # of each kind; what a letter of thousands of characters tells comes early
_HEAD = np.dtype("<u2")
_HASH = np.dtype("<u4")
_WRITTEN = re.compile(r"[\u3400-\u9fffa-z0-9]+")
# 站, 厂, 园 and the like also end common nouns (搅拌站, 停车场): there a word of the dictionary is no name
_SURE = (
    "大道 街道 小区 花园 社区 公寓 家园 工业区 开发区 新城 路 街 巷 村 苑 镇 乡 屯 寨 桥 坡 一期 二期 三期"
).split()
_OFTEN = (
    "市场 学校 小学 中学 大学 学院 幼儿园 医院 广场 公园 大厦 酒店 宾馆 公司 集团 农场 林场 水库 超市 国际 "
    "中心 半岛 海岸 宿舍 大院 商城 城 湾 岛 港 站 园 坊 庄 湖 河 江 岭 府 郡 庭 居 墅 寓 厂 组 线"
).split()
_ENDING = re.compile("|".join(sorted((*_SURE, *_OFTEN), key=len, reverse=True)))
_SURE_SET = frozenset(_SURE)
_BEFORE = re.compile(r"[\u3400-\u9fffa-z0-9]{2,3}$")
_LONGEST = 3  # characters before the ending that are kept
_NOUN = 3  # characters from which a word of the dictionary that holds the ending may be a common noun


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """Sorted hashes (uint32, each once) of a text's words, pairs of neighbouring words, and names."""

    words: NDArray[np.uint32]
    pairs: NDArray[np.uint32]
    names: NDArray[np.uint32]

    def to_bytes(self) -> bytes:
        """Return the hashes as they are stored: three lengths, then the hashes, little-endian."""
        parts = (self.words, self.pairs, self.names)
        lengths = np.array([len(part) for part in parts], dtype=_HEAD)
        return lengths.tobytes() + b"".join(part.astype(_HASH).tobytes() for part in parts)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Fingerprint:
        """Read ``to_bytes`` back.

        Raises:
            InputError: the bytes are no fingerprint.
        """
        head = 3 * _HEAD.itemsize
        lengths = np.frombuffer(stored[:head].ljust(head, b"\0"), dtype=_HEAD).astype(int)
        if len(stored) != head + int(lengths.sum()) * _HASH.itemsize:
            raise InputError("a stored fingerprint has the wrong length")
        hashes = np.frombuffer(stored, dtype=_HASH, offset=head).astype(np.uint32)
        words, pairs, names = np.split(hashes, np.cumsum(lengths)[:2])
        return cls(words, pairs, names)


def take_fingerprint(text: str, title: str = "", segmenter: Segmenter | None = None) -> Fingerprint:
    """Return the fingerprint of a matter; personal data and greetings leave no trace in it."""
    folded = normalise(hide(Submission(text, title).full_text)).text
    cut = (segmenter or default_segmenter()).cut(folded)
    names, in_name = _names(folded, cut)
    kept = (not held and _WRITTEN.fullmatch(word) for word, held in zip(cut, in_name, strict=True))
    said = [word if stays else "" for word, stays in zip(cut, kept, strict=True)]
    words = (word for word in said if len(word) > 1)
    pairs = (f"{one}_{other}" for one, other in itertools.pairwise(said) if one and other)
    return Fingerprint(_hashes("w", words), _hashes("p", pairs), _hashes("n", names))


def _names(folded: str, cut: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Return the tails of all names, and for each word whether a name holds it."""
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    ends = list(itertools.accumulate(map(len, cut)))
    for match in _ENDING.finditer(folded):
        word = bisect.bisect_right(ends, match.start())
        begins = ends[word] - len(cut[word])
        if begins < match.start() and len(cut[word]) >= _NOUN and match.group() not in _SURE_SET:
            continue
        before = _BEFORE.search(folded, max(0, match.start() - _LONGEST), match.start())
        if before is None:
            continue
        names += [before.group()[-n:] + match.group() for n in range(2, len(before.group()) + 1)]
        spans.append((before.start(), match.end()))
    return names, _mark_held(cut, ends, spans)


def _mark_held(cut: Sequence[str], ends: Sequence[int], spans: Sequence[tuple[int, int]]) -> list[bool]:
    held = [False] * len(cut)
    for start, end in spans:
        for word in range(bisect.bisect_right(ends, start), bisect.bisect_left(ends, end) + 1):
            held[word] = True
    return held


def _hashes(kind: str, features: Iterable[str]) -> NDArray[np.uint32]:
    """Hash with CRC-32: the same on every machine, and for 10^5 features collisions are rare."""
    first = list(dict.fromkeys(features))[:MOST]
    hashes = (zlib.crc32(f"{kind}{feature}".encode()) for feature in first)
    return np.unique(np.fromiter(hashes, dtype=np.uint32, count=len(first)))
