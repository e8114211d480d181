"""Under drift fewer answers are automatic; how far those that still are keep the promise.

Statistics need thousands of texts, so these are strings of made-up words that nobody could take for
a complaint: each function has words of its own, most words belong to nobody, and now and then a
text goes to another function than its words say.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fenban.model import Case, Router, Submission
from fenban.model.directory import Directory, Function, Unit
from fenban.training.train import train_model

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.slow  # a training of ten seconds

TARGET = 0.95
FUNCTIONS = tuple(f"{letter}职能" for letter in "甲乙丙丁戊己")
DISTRICTS = ("南宁市/青秀区", "南宁市/兴宁区", "桂林市/象山区")
NEW_DISTRICT = "柳州市/鱼峰区"
OWN, COMMON = 12, 100  # words of each function, and of nobody
LENGTH = 10
STRAYS = 0.01  # of the texts go elsewhere
LEARNT, LATER = 1500, 500


def word(number: int) -> str:
    """Return a word of two characters that no other word has: nothing can be guessed from its parts."""
    return chr(0x5000 + 2 * number) + chr(0x5001 + 2 * number)


def unit_of(function: str, path: str) -> str:
    return path.replace("/", "") + function


def invented(
    seed: int, n: int, districts: Sequence[str] = DISTRICTS, new_words: float = 0.0
) -> list[tuple[str, str, str]]:
    """Return texts with function and district; ``new_words`` is the share of words never heard before."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        number, path = rng.randrange(len(FUNCTIONS)), rng.choice(districts)
        own = rng.choice((0, 1, 2, 3, 4, 5))
        words = [word(number * OWN + rng.randrange(OWN)) for _ in range(own)]
        words += [word(200 + rng.randrange(COMMON)) for _ in range(LENGTH - own)]
        words = [word(600 + rng.randrange(700)) if rng.random() < new_words else one for one in words]
        rng.shuffle(words)
        if rng.random() < STRAYS:
            number = rng.randrange(len(FUNCTIONS))
        found.append((path.replace("/", "") + "，" + "".join(words), FUNCTIONS[number], path))
    return found


@pytest.fixture(scope="module")
def router() -> Router:
    units = [Unit(unit_of(f, path), f, path) for f in FUNCTIONS for path in DISTRICTS]
    cases = [
        Case(Submission(text), function=function, lead_unit=unit_of(function, path))
        for text, function, path in invented(1, LEARNT)
    ]
    directory = Directory([Function(name) for name in FUNCTIONS], units)
    return Router(train_model(cases, directory, target_precision=TARGET, memory=False))


def automatic(router: Router, drawn: list[tuple[str, str, str]]) -> tuple[float, float]:
    """Return the share of texts that are ``auto``, and how many of those went to the right unit."""
    suggestions = router.suggest([text for text, _, _ in drawn], evidence="none")
    right = [
        suggestion.lead_units[0].unit == unit_of(function, path)
        for suggestion, (_, function, path) in zip(suggestions, drawn, strict=True)
        if suggestion.zone == "auto"
    ]
    return len(right) / len(drawn), sum(right) / max(len(right), 1)


@pytest.fixture(scope="module")
def share_today(router: Router) -> float:
    share, precision = automatic(router, invented(2, LATER))
    assert precision >= TARGET - 0.02
    assert 0.3 < share < 0.99, "there is something to lose and something to be unsure of"
    return share


@pytest.mark.parametrize("new_words", [0.05, 0.1, 0.2, 0.3, 0.5, 0.9])
def test_the_share_falls_before_the_precision_does(
    router: Router, share_today: float, new_words: float
) -> None:
    share, precision = automatic(router, invented(3, LATER, new_words=new_words))
    assert share < share_today
    assert precision >= TARGET - 0.03 or share < 0.02


def test_the_more_words_are_new_the_fewer_answers_are_automatic(router: Router, share_today: float) -> None:
    shares = [automatic(router, invented(3, LATER, new_words=new))[0] for new in (0.05, 0.2, 0.5)]
    assert share_today > shares[0] > shares[1] >= shares[2]
    assert shares[2] < share_today - 0.3


def test_a_text_of_a_district_without_offices_is_never_automatic(router: Router) -> None:
    share, _ = automatic(router, invented(4, LATER, districts=(NEW_DISTRICT,)))
    assert share < 0.02
