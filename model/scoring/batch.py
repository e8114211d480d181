"""Reading a batch of submissions once: folded text, words, places and features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..reading.privacy import hide
from ..reading.segment import Segmenter, default_segmenter
from ..reading.text import Normalised, normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..case import Submission
    from ..reading.places import Gazetteer, PlaceReading
    from .features import NgramHasher, Spans


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch as the model sees it; everything is in the order of ``submissions``."""

    submissions: tuple[Submission, ...]
    originals: tuple[str, ...]
    texts: tuple[Normalised, ...]
    words: tuple[list[str], ...]
    spans: Spans

    def __len__(self) -> int:
        return len(self.submissions)


def read_batch(
    submissions: Sequence[Submission], hasher: NgramHasher, segmenter: Segmenter | None = None
) -> Reading:
    """Fold, mask, segment and hash a batch."""
    segmenter = segmenter or default_segmenter()
    originals = tuple(submission.full_text for submission in submissions)
    texts = tuple(normalise(hide(original)) for original in originals)
    words = tuple(segmenter.cut(text.text) for text in texts)
    return Reading(tuple(submissions), originals, texts, words, hasher.spans([t.text for t in texts], words))


def places_of(reading: Reading, index: int, gazetteer: Gazetteer) -> PlaceReading:
    """Read the places of one text; the jurisdiction it came with helps to tell namesakes apart."""
    known = reading.submissions[index].jurisdiction
    text = reading.texts[index].text
    return gazetteer.read(f"{text}\n{known.replace('/', '')}" if known else text)
