"""The words that ship with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fenban.model import shipped
from fenban.model.reading.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator


def words_of(name: str) -> list[str]:
    """Return all words of a lexicon, those of a TOML file wherever they stand."""
    if name == "domain":
        return list(shipped.lexicon(name))
    return list(_strings(shipped.toml(f"lexicons/{name}.toml")))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str):
                yield inner
            else:
                yield from _strings(inner)


@pytest.mark.parametrize(("name", "fewest"), [("domain", 800), ("danger", 1500), ("lanes", 60)])
def test_a_lexicon_is_long_enough(name: str, fewest: int) -> None:
    assert len(words_of(name)) >= fewest


def test_no_phrase_is_given_twice() -> None:
    words = shipped.lexicon("domain")
    assert len(set(words)) == len(words)
    for sign in shipped.toml("lexicons/danger.toml")["sign"]:
        assert len(set(sign["certain"])) == len(sign["certain"])


@pytest.mark.parametrize("name", ["domain", "danger", "lanes", "out_of_scope"])
def test_words_are_written_as_the_model_reads_them(name: str) -> None:
    """A word that folding changes would never be found in a folded text."""
    assert [word for word in words_of(name) if normalise(f"这{word}那").text != f"这{word}那"] == []


@pytest.mark.parametrize("name", ["domain", "danger", "lanes", "out_of_scope"])
def test_words_are_words(name: str) -> None:
    assert [word for word in words_of(name) if not 1 <= len(word) <= 12 or " " in word] == []


def test_comments_are_not_words() -> None:
    assert not any(word.startswith("#") for word in shipped.lexicon("domain"))


def test_matters_outside_any_department() -> None:
    table = shipped.toml("lexicons/out_of_scope.toml")
    kinds = {name: kind for name, kind in table.items() if isinstance(kind, dict)}
    assert {"litigation", "emergency", "private", "discipline", "military", "advertisement"} <= set(kinds)
    phrases = [phrase for kind in kinds.values() for phrase in kind["phrases"]]
    assert len(set(phrases)) == len(phrases) >= 200
    for kind in kinds.values():
        assert set(kind) == {"belongs", "phrases", "pairs", "advice"}
        assert kind["advice"].startswith("请")
        assert "，" in kind["belongs"]


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        shipped.lexicon("no_such_lexicon")
