"""What is learnt on texts the classifiers had not seen: temperatures, curves, weights of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from fenban.model import Gate, TopCalibration, compute_sureness, softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FEWEST_TO_CALIBRATE = 100
_CALIBRATION_PULL = 0.5
_WEIGHT_PULL = 1.0


def fit_temperature(margins: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Return the temperature of the least log-loss; ``truth`` is a column number, -1 is skipped."""
    known = truth >= 0
    if known.sum() < 2 or margins.shape[1] < 2:
        return 1.0
    margins, truth = margins[known], truth[known]
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        probabilities = softmax(margins, float(np.exp(log_temperature)))
        return float(-np.log(np.maximum(probabilities[rows, truth], 1e-9)).mean())

    best = minimize_scalar(loss, bounds=(-5.0, 3.0), method="bounded")
    return float(np.exp(best.x))


def fit_weights(parts: Sequence[NDArray[np.float32]], truth: NDArray[np.int64]) -> list[Gate]:
    """Return what the margins of each part count for: the sum with the least log-loss.

    Args:
        parts: (texts, classes) margins of every part.
        truth: column numbers, -1 where the answer is not known.

    The weights are drawn a little towards what each part would count for alone, shared evenly,
    however sure it is. The weight of one part alone does not depend on that.
    """
    scales = [1 / fit_temperature(part, truth) for part in parts]
    known = truth >= 0
    if len(parts) == 1 or known.sum() < 2:
        return [Gate(scale / len(parts), scale / len(parts)) for scale in scales]
    margins = np.stack([part[known] for part in parts], axis=-1).astype(np.float64)
    sure = np.hstack(
        [compute_sureness(part[known], scale) for part, scale in zip(parts, scales, strict=True)]
    )
    rows, answers = np.arange(int(known.sum())), truth[known]
    origin = np.tile(scales, 2) / len(parts)

    def loss(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        unsure, certain = np.split(found, 2)
        logits = np.einsum("nkp,np->nk", margins, unsure + (certain - unsure) * sure)
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        totals = shares.sum(axis=1, keepdims=True)
        shares /= totals
        value = float((np.log(totals[:, 0]) - logits[rows, answers]).sum())
        excess = np.einsum("nk,nkp->np", shares, margins) - margins[rows, answers]
        through = excess * sure
        gradient = np.concatenate([(excess - through).sum(axis=0), through.sum(axis=0)])
        pull = (found - origin) / origin
        return value + _WEIGHT_PULL * float(pull @ pull), gradient + 2 * _WEIGHT_PULL * pull / origin

    found = minimize(loss, origin, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(origin))
    unsure, certain = np.split(found.x, 2)
    return [Gate(float(a), float(b), scale) for a, b, scale in zip(unsure, certain, scales, strict=True)]


def fit_sigmoid_temperature(margins: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Return the temperature of the least log-loss of independent yes-or-no margins."""

    def loss(log_temperature: float) -> float:
        scaled = margins * float(np.exp(-log_temperature))
        return float(np.logaddexp(0, np.where(truth, -scaled, scaled)).mean())

    best = minimize_scalar(loss, bounds=(-5.0, 3.0), method="bounded")
    return float(np.exp(best.x))


def best_answers(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return top-1 confidence and correctness; an unknown truth (-1) counts as wrong."""
    best = probabilities.argmax(axis=1)
    return probabilities[np.arange(len(best)), best], best == truth


def fit_conditional_logit(
    factors: Sequence[NDArray[np.float32]], chosen: Sequence[int], start: Sequence[float], strength: float
) -> NDArray[np.float32]:
    """Weights of a conditional logit: ``factors[i]`` is (alternatives, k), ``chosen[i]`` its answer.

    ``strength`` is the L2 pull towards ``start``.
    """
    stacked = np.vstack(factors).astype(np.float64)
    sizes = np.array([len(f) for f in factors])
    begins = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    answers = begins + np.asarray(chosen)
    origin = np.asarray(start, dtype=np.float64)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = stacked @ weights
        logits -= np.maximum.reduceat(logits, begins)[owner]
        powers = np.exp(logits)
        totals = np.add.reduceat(powers, begins)
        shares = powers / totals[owner]
        value = float((np.log(totals) - logits[answers]).sum())
        gradient = stacked.T @ shares - stacked[answers].sum(axis=0)
        pull = weights - origin
        return value + strength * float(pull @ pull), gradient + 2 * strength * pull

    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x, dtype=np.float32)


def fit_top_calibration(
    confidence: NDArray[np.float32],
    correct: NDArray[np.bool_],
    best: NDArray[np.int64] | None = None,
    frequency: NDArray[np.float64] | None = None,
) -> TopCalibration:
    """Fit the beta calibration of best answers, drawn a little towards doing nothing.

    Args:
        confidence: of the best answers.
        correct: whether they are right.
        best: their class numbers.
        frequency: how often each class occurs; with both, frequent answers are told from rare ones.
    """
    if len(confidence) < _FEWEST_TO_CALIBRATE:
        return TopCalibration()
    p = np.clip(confidence.astype(np.float64), 1e-6, 1 - 1e-6)
    columns = [np.log(p), -np.log1p(-p), np.ones(len(p))]
    rarity = None
    if best is not None and frequency is not None:
        rarity = np.log((frequency + 0.5) / (frequency + 0.5).max())
        columns.append(rarity[best])
    inputs = np.column_stack(columns)
    sign = np.where(correct, 1.0, -1.0)
    start = np.array([1.0, 1.0, 0.0, 0.0][: len(columns)])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = sign * (inputs @ weights)
        gradient = -(inputs * (sign / (1 + np.exp(margins)))[:, None]).sum(axis=0)
        pull = weights - start
        value = float(np.logaddexp(0, -margins).sum()) + _CALIBRATION_PULL * float(pull @ pull)
        return value, gradient + 2 * _CALIBRATION_PULL * pull

    # a rare answer may be worth less than its probability says, never more
    bounds = [(0.0, None), (0.0, None), (None, None), (0.0, None)][: len(columns)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    a, b, c, *slope = (float(weight) for weight in found.x)
    by_class = () if rarity is None else tuple(round(float(shift), 4) for shift in slope[0] * rarity)
    return TopCalibration(a, b, c, by_class)
