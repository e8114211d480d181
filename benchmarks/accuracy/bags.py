"""Two baselines that count words: fastText, and scikit-learn's TF-IDF with a linear SVM."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model.errors import MissingExtraError
from fenban.training.evaluation.evaluate import RANKED

from .scoring import Ranked, best_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "__label__"
_EPOCHS = 25
_RATE = 0.5  # with fastText's own 0.1 the same 25 epochs reach 0.60 where this reaches 0.67
_BIGRAMS = 2
_BUCKETS = 2_000_000  # its own default


def cut(text: str) -> list[str]:
    """Return jieba's words with its settings as they come, blanks and line ends dropped."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    return [word for word in jieba.lcut(text) if word.strip()]


class FastText:
    """fastText supervised (Joulin et al., 2017) on jieba's words: 25 epochs, bigrams, all cores.

    Its threads write over one another by design, so figures differ in the third digit from run to run.
    """

    probabilities = True

    def __init__(self, buckets: int = _BUCKETS) -> None:
        """Raise MissingExtraError where fastText is not installed."""
        try:
            import fasttext
        except ImportError as error:
            raise MissingExtraError("fasttext", "bench") from error
        self._library: Any = fasttext
        self._buckets = buckets
        self._model: Any = None
        self._classes: list[str] = []

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from a file, as fastText wants it; the file is gone afterwards."""
        self._classes = sorted(set(labels))
        number = {name: i for i, name in enumerate(self._classes)}
        with tempfile.TemporaryDirectory(prefix="fenban-bench-") as folder:
            path = Path(folder) / "train.txt"
            lines = (f"{_PREFIX}{number[b]} {' '.join(cut(a))}\n" for a, b in zip(texts, labels, strict=True))
            path.write_text("".join(lines), "utf-8")
            self._model = self._library.train_supervised(
                str(path),
                epoch=_EPOCHS,
                lr=_RATE,
                wordNgrams=_BIGRAMS,
                bucket=self._buckets,
                thread=os.cpu_count() or 1,
                verbose=0,
            )

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Return the first three by its softmax."""
        found, chances = self._model.predict([" ".join(cut(text)) for text in texts], k=RANKED)
        names = [[self._classes[int(name.removeprefix(_PREFIX))] for name in row] for row in found]
        # its float32 softmax adds up to a hair above one
        confidence = [min(float(row[0]), 1.0) if len(row) else 0.0 for row in chances]
        return Ranked(names, np.array(confidence))


class TfidfLinearSvc:
    """Word and character TF-IDF with a linear SVM, as its documentation puts them together; no tuning.

    It gives no probability: its confidence is the best margin, squeezed into (0, 1).
    """

    probabilities = False

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(tokenizer=cut, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True)
        characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
        self._pipeline = make_pipeline(make_union(words, characters), LinearSVC(random_state=0))

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn one machine a class."""
        self._pipeline.fit(list(texts), list(labels))

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Return the three best margins."""
        margins = self._pipeline.decision_function(list(texts))
        if margins.ndim == 1:  # two classes have one machine
            margins = np.stack([-margins, margins], axis=1)
        confidence = 1 / (1 + np.exp(-margins.max(axis=1)))
        return best_of(margins, self._pipeline.classes_.tolist(), confidence)
