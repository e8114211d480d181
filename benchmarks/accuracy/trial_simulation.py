"""Learning how far to trust the likeness of a trial: functions held out, then brought back as trials.

``python -m fenban.benchmarks.accuracy.trial_simulation`` prints the mapping of ``fenban.model.trials`` and
what
it does, measured on functions that it was not fitted on. Each function of the starter cases is
left out of one of five trainings; three to ten of its cases become the trial's examples, the rest
are what the trial should get, a fifth of all other cases what it should not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from fenban.model.directory import shipped_directory
from fenban.model.scoring.batch import read_batch
from fenban.model.scoring.calibration import softmax
from fenban.model.scoring.features import DocumentFrequencies, NgramHasher, Vectoriser
from fenban.model.trials import FEWEST_EXAMPLES, MOST_EXAMPLES, SHOWN_FROM, Likeness, Trial, likeness_inputs
from fenban.training.fitting.classifiers import Target, fit_heads
from fenban.training.starter import starter_cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fenban.model.case import Case

_GROUPS = 5
_FEWEST_CASES = 16
_TEMPERATURE = 0.0585  # of the starter model's functions
_SHARE_TESTED = 5  # every so-manieth case of the other functions is a text that the trial should not get


@dataclass(frozen=True, slots=True)
class Observed:
    """One function brought back: rows are texts; ``mine`` are those that belong to it."""

    group: int
    inputs: NDArray[np.float64]
    mine: NDArray[np.bool_]
    third: NDArray[np.float32]
    first: NDArray[np.float32]

    @property
    def weights(self) -> NDArray[np.float64]:
        """The function's own cases count as much as if only every fifth had been kept, like others'."""
        return np.where(self.mine, 1 / _SHARE_TESTED, 1.0)


def simulate(cases: Sequence[Case], seed: int = 0) -> Iterator[Observed]:
    """Yield what was observed of each function with enough cases."""
    rng = np.random.default_rng(seed)
    functions = np.array([case.function or "" for case in cases])
    names = [f for f in sorted(set(functions)) if f and np.count_nonzero(functions == f) >= _FEWEST_CASES]
    rng.shuffle(names)
    for group in range(_GROUPS):
        yield from _round(group, names[group::_GROUPS], cases, functions, rng)


def _round(
    group: int,
    held: Sequence[str],
    cases: Sequence[Case],
    functions: NDArray[np.str_],
    rng: np.random.Generator,
) -> Iterator[Observed]:
    others = rng.permutation(np.flatnonzero(~np.isin(functions, list(held))))
    tested, learnt = np.split(others, [len(others) // _SHARE_TESTED])
    hasher = NgramHasher()
    known = read_batch([cases[i].submission for i in learnt], hasher)
    frequencies = DocumentFrequencies()
    frequencies.add(known.spans, len(known))
    space = frequencies.space()
    vectoriser = Vectoriser(space)
    target = Target("function", np.arange(len(learnt)), tuple(str(f) for f in functions[learnt]))
    heads = fit_heads(vectoriser.matrix(known.spans, len(known)), [target], 1)
    duties = shipped_directory().functions
    for name in held:
        mine = rng.permutation(np.flatnonzero(functions == name))
        count = int(rng.integers(FEWEST_EXAMPLES, MOST_EXAMPLES + 1))
        examples = tuple(cases[i].submission.full_text for i in mine[:count])
        clauses = duties[name].duties if name in duties else ()
        likeness = Likeness([Trial(name, duties=clauses, examples=examples)], space)
        rows = np.concatenate([mine[count:], tested])
        read = read_batch([cases[i].submission for i in rows], hasher)
        centre, nearest = likeness.of(read.spans, len(read))
        margins = heads.of("function", heads.scores(vectoriser.matrix(read.spans, len(read))))
        ranked = np.sort(softmax(margins, _TEMPERATURE), axis=1)
        inputs = likeness_inputs(centre[:, 0], nearest[:, 0], ranked[:, -1])
        yield Observed(group, inputs, np.arange(len(rows)) < len(mine) - count, ranked[:, -3], ranked[:, -1])


def fit(observed: Sequence[Observed]) -> tuple[float, ...]:
    """Return intercept and weights of the logistic mapping."""
    inputs = np.vstack([each.inputs for each in observed])
    mine = np.concatenate([each.mine for each in observed])
    weights = np.concatenate([each.weights for each in observed])
    model = LogisticRegression(C=10.0, max_iter=2000).fit(inputs, mine, sample_weight=weights)
    return float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0])


def report(observed: Sequence[Observed]) -> dict[str, float]:
    """Return recall and false alarms, each function judged by a mapping fitted on other groups."""
    recalls, firsts, alarms, false_firsts = [], [], [], []
    for group in range(_GROUPS):
        mapping = fit([each for each in observed if each.group != group])
        for each in (each for each in observed if each.group == group):
            p = 1 / (1 + np.exp(-(mapping[0] + each.inputs @ np.array(mapping[1:]))))
            shown = (p > each.third * (1 - p)) & (p >= SHOWN_FROM)
            first = p > each.first * (1 - p)
            recalls.append(shown[each.mine].mean())
            firsts.append(first[each.mine].mean())
            alarms.append(shown[~each.mine].mean())
            false_firsts.append(first[~each.mine].mean())
    names = ("functions", "in first three", "first", "false in first three", "false first")
    values = (len(recalls), *(np.mean(found) for found in (recalls, firsts, alarms, false_firsts)))
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    seen = list(simulate(starter_cases()))
    print(tuple(round(value, 3) for value in fit(seen)))
    print(report(seen))
