"""Reading what somebody typed into the search: words, "phrases" and -words to be left out."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from fenban.model import default_segmenter

from ..errors import StoreError
from .tokens import fold, is_chinese, needed_tokens, number_token

MOST_TERMS = 12
LONGEST_QUERY = 200
_SHORTEST_NUMBER = 6
_WHOLE = 3  # up to so many characters side by side are one word, whatever the dictionary says
_MOST_TOKENS = 24  # of one phrase; the rest of it is compared anyway
_PART = re.compile(
    r'(?P<minus>(?<!\S)[-－–—])?(?:["“”„＂](?P<phrase>[^"“”„＂]*)(?:["“”„＂]|$)|(?P<word>[^\s　"“”„＂]+))'
)
_NUMBER = re.compile(r"(?=.*\d)[A-Za-z0-9-]{6,24}")


class UnreadableQueryError(StoreError):
    """What was typed cannot be searched for; ``reason`` says why, in Chinese."""

    def __init__(self, reason: str) -> None:
        super().__init__("not a query")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a text must hold, or must not.

    Attributes:
        text: the folded phrase, without breaks at its ends.
        number: the token of a matter's number that this may be the beginning of; None for words.
    """

    text: str
    number: str | None = None

    @property
    def inside(self) -> str:
        """The phrase as it stands in a folded text: runs of letters and digits count as a whole only."""
        left = "" if is_chinese(self.text[0]) else " "
        right = "" if is_chinese(self.text[-1]) else " "
        return f"{left}{self.text}{right}"

    @property
    def tokens(self) -> list[str]:
        """The tokens that an index is asked for."""
        return needed_tokens(self.text)[:_MOST_TOKENS]

    @property
    def exact(self) -> bool:
        """Whether a text with the tokens is sure to hold the phrase."""
        return self.tokens == [self.text]


@dataclass(frozen=True, slots=True)
class Query:
    """What a text must hold, all of it, what it must not, and what makes it a better match."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()
    better: tuple[Term, ...] = ()


@functools.lru_cache(maxsize=256)
def parse(typed: str) -> Query:
    """Read a query.

    Words parted by blanks must all be there; a long Chinese one is cut into its words, and ranks
    higher where it stands as it was typed. What stands in quotation marks must be there as it
    stands; a word with a minus before it must not.

    Raises:
        UnreadableQueryError: nothing to look for, or too much.
    """
    if len(typed) > LONGEST_QUERY:
        raise UnreadableQueryError(f"检索词太长，最多 {LONGEST_QUERY} 个字。")
    terms: dict[Term, None] = {}
    without: dict[Term, None] = {}
    better: dict[Term, None] = {}
    for part in _PART.finditer(typed):
        written, quoted = part["word"] or part["phrase"] or "", part["phrase"] is not None
        if part["minus"]:
            without.update(dict.fromkeys(_terms(written, whole=True)))
        else:
            found = _terms(written, whole=quoted)
            terms.update(dict.fromkeys(found))
            better.update(dict.fromkeys(_terms(written, whole=True) if len(found) > 1 else ()))
    if not terms:
        only = (
            "只写了要排除的词，还要写一个要找的词。"
            if without
            else "没有可以检索的字词，请输入汉字、字母或数字。"
        )
        raise UnreadableQueryError(only)
    if len(terms) + len(without) > MOST_TERMS:
        raise UnreadableQueryError(f"检索词太多，最多 {MOST_TERMS} 个。")
    return Query(tuple(terms), tuple(without), tuple(better))


def _terms(written: str, *, whole: bool) -> list[Term]:
    folded = fold(written).text.strip(" |")
    if not folded:
        return []
    if _NUMBER.fullmatch(written) and len(number_token(written)) > _SHORTEST_NUMBER:
        return [Term(folded, number_token(written))]
    if whole:
        return [Term(folded)]
    return [Term(word) for piece in folded.split(" | ") for word in _words(piece)]


def _words(piece: str) -> list[str]:
    """Cut a long run of Chinese into its words; leave a short one, and one with digits, as it stands."""
    if " " in piece or len(piece) <= _WHOLE or not is_chinese(piece):
        return [piece]
    words = [part for word in default_segmenter().cut(piece) for part in _halves(word)]
    # 的, 了 and the like stand in every text; a lone character is asked for only where there is nothing else
    return [word for word in words if len(word) > 1] or [piece]


def _halves(word: str) -> list[str]:
    """Part 拖欠工资 into 拖欠 and 工资, so that 拖欠三个月工资 is found too; 乱七八糟 has no halves."""
    halves = [word[:2], word[2:]]
    cut = default_segmenter().cut
    return halves if len(word) == 4 and all(cut(half) == [half] for half in halves) else [word]
