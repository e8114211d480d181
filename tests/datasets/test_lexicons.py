"""The words that ship with the package."""

from __future__ import annotations

import pytest

from fenban.model import resources
from fenban.model.text import normalise


@pytest.mark.parametrize(("name", "fewest"), [("domain", 800), ("danger", 100)])
def test_a_lexicon_is_long_enough_and_without_repetition(name: str, fewest: int) -> None:
    words = resources.lexicon(name)
    assert len(words) >= fewest
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("name", ["domain", "danger"])
def test_words_are_written_as_the_model_reads_them(name: str) -> None:
    """A word that folding changes would never be found in a folded text."""
    assert [word for word in resources.lexicon(name) if normalise(f"这{word}那").text != f"这{word}那"] == []


@pytest.mark.parametrize("name", ["domain", "danger"])
def test_words_are_words(name: str) -> None:
    assert [word for word in resources.lexicon(name) if not 2 <= len(word) <= 12 or " " in word] == []


def test_comments_are_not_words() -> None:
    assert not any(word.startswith("#") for word in resources.lexicon("domain"))


def test_matters_outside_any_department() -> None:
    kinds = resources.toml("lexicons/out_of_scope.toml")
    assert set(kinds) == {"litigation", "emergency", "private"}
    phrases = [phrase for kind in kinds.values() for phrase in kind["phrases"]]
    assert len(set(phrases)) == len(phrases) >= 90
    for kind in kinds.values():
        assert set(kind) == {"phrases", "advice"}
        assert kind["advice"].startswith("请")
        assert all(2 <= len(phrase) <= 12 for phrase in kind["phrases"])
        assert [phrase for phrase in kind["phrases"] if normalise(phrase).text != phrase] == []


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        resources.lexicon("no_such_lexicon")
