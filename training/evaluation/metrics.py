"""Measures of a ranking classifier, as pure functions over arrays.

Labels are whole numbers from 0. A prediction of -1 stands for "no answer" and is never right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ECE_BINS = 15
NO_ANSWER = -1


def compute_top_k(gold: NDArray[Any], ranked: NDArray[Any], k: int) -> float:
    """Return the share of texts whose label is among the first ``k`` answers.

    Args:
        gold: (n,) labels, each 0 or more.
        ranked: (n, m) answers, best first, padded with -1 where there are fewer than m.
        k: how many answers count; more than m is the same as m.
    """
    if not len(gold):
        return 0.0
    return float((ranked[:, :k] == gold[:, None]).any(axis=1).mean())


def compute_macro_f1(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the mean F1 over the labels that occur in ``gold``, each counted once.

    Both are (n,). A label that is only ever predicted has no F1 of its own, but takes from the
    recall of the others. A label that is never predicted counts 0 (Sokolova & Lapalme, 2009,
    "A systematic analysis of performance measures for classification tasks").
    """
    if not len(gold):
        return 0.0
    from sklearn.metrics import f1_score

    return float(f1_score(gold, predicted, labels=np.unique(gold), average="macro", zero_division=0))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Texts of similar confidence: its range, their number, their mean confidence, the share right."""

    lowest: float
    highest: float
    n: int
    confidence: float
    accuracy: float


def compute_reliability_bins(
    confidence: NDArray[Any], correct: NDArray[np.bool_], bins: int = ECE_BINS
) -> tuple[ReliabilityBin, ...]:
    """Split the texts by confidence into bins of equal mass, least confident first.

    Equal mass (Nguyen & O'Connor, 2015, "Posterior calibration and exploratory analysis for natural
    language processing models") keeps every bin populated where most confidences lie close to 1.
    The numbers in the bins differ by one at most; there are fewer bins where there are fewer texts.

    Args:
        confidence: (n,) probabilities of the best answers.
        correct: (n,) whether those are right.
        bins: how many bins.
    """
    order = np.argsort(confidence, kind="stable")
    return tuple(
        ReliabilityBin(
            float(confidence[part[0]]),
            float(confidence[part[-1]]),
            len(part),
            float(np.mean(confidence[part], dtype=np.float64)),
            float(correct[part].mean()),
        )
        for part in np.array_split(order, bins)
        if len(part)
    )


def compute_ece(confidence: NDArray[Any], correct: NDArray[np.bool_], bins: int = ECE_BINS) -> float:
    """Return the expected calibration error: mean over texts of |accuracy - confidence| of their bin.

    Naeini, Cooper & Hauskrecht, 2015, "Obtaining well calibrated probabilities using Bayesian
    binning", over the bins of equal mass of ``compute_reliability_bins``. Both arrays are (n,). In [0, 1].
    """
    found = compute_reliability_bins(confidence, correct, bins)
    gaps = sum(b.n * abs(b.accuracy - b.confidence) for b in found)
    return gaps / len(confidence) if found else 0.0


def auto_zone(
    confidence: NDArray[Any], correct: NDArray[np.bool_], threshold: float | NDArray[Any]
) -> tuple[float, float | None]:
    """Return what share of the texts reaches ``threshold`` and how much of that is right.

    Both arrays are (n,), the threshold is one for all or (n,). The precision is None where no text
    reaches it.
    """
    reached = confidence >= threshold
    if not reached.any():
        return 0.0, None
    return float(reached.mean()), float(correct[reached].mean())


def compute_risk_coverage(
    confidence: NDArray[Any], correct: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the precision of the most confident texts against the share they make up.

    El-Yaniv & Wiener, 2010, "On the foundations of noise-free selective classification", with
    precision in place of risk. Equal confidences cannot be told apart by a threshold and give one
    point. Arguments are (n,); shares (rising to 1) and precisions are (different confidences,).
    """
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(order) else order
    right = np.cumsum(correct[order], dtype=np.int64)
    return (ends + 1) / max(len(order), 1), right[ends] / (ends + 1)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """How one label fares: its texts, how often it was the answer, and the mean top-1 confidence."""

    label: int
    n: int
    predicted: int
    precision: float
    recall: float
    f1: float
    confidence: float


def measure_by_label(
    gold: NDArray[Any], predicted: NDArray[Any], confidence: NDArray[Any]
) -> tuple[LabelRow, ...]:
    """Return one row per label that occurs in ``gold``, most texts first; all arguments are (n,).

    Precision, recall and F1 are 0 where they are undefined. The confidence is the mean over the
    texts of the label, so that confidence above recall is overconfidence.
    """
    if not len(gold):
        return ()
    width = int(max(gold.max(), predicted.max())) + 1
    n = np.bincount(gold, minlength=width)
    answers = np.bincount(predicted[predicted >= 0], minlength=width)
    right = np.bincount(gold[gold == predicted], minlength=width)
    total = np.bincount(gold, weights=confidence, minlength=width)
    labels = np.flatnonzero(n)
    return tuple(
        LabelRow(
            label=int(i),
            n=int(n[i]),
            predicted=int(answers[i]),
            precision=float(right[i] / max(answers[i], 1)),
            recall=float(right[i] / n[i]),
            f1=float(2 * right[i] / (n[i] + answers[i])),
            confidence=float(total[i] / n[i]),
        )
        for i in labels[np.argsort(-n[labels], kind="stable")]
    )


def count_confusion_pairs(gold: NDArray[Any], predicted: NDArray[Any]) -> list[tuple[int, int, int]]:
    """Return (label, wrong answer, how many texts), the most frequent first; arguments are (n,).

    Pairs of equal count come in the order of their labels.
    """
    wrong = gold != predicted
    pairs, counts = np.unique(np.stack([gold[wrong], predicted[wrong]], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(int(pairs[i, 0]), int(pairs[i, 1]), int(counts[i])) for i in order]


def count_confusions(gold: NDArray[Any], predicted: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """Return the counts of the texts of ``labels`` by answer.

    The result is (k, k + 1) for k labels: rows are labels, columns answers in the same order, the
    last column holds every other answer.
    """
    k = len(labels)
    place = {int(label): i for i, label in enumerate(labels)}
    out = np.zeros((k, k + 1), dtype=np.int64)
    for label, answer in zip(gold.tolist(), predicted.tolist(), strict=True):
        if label in place:
            out[place[label], place.get(answer, k)] += 1
    return out
