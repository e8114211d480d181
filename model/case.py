"""The domain's records: what comes in, what became of it, and what is suggested for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import datetime as dt

Zone = Literal["auto", "confirm", "manual"]

ZONE_NAMES: dict[str, str] = {"auto": "可直接分办", "confirm": "请确认", "manual": "人工研判"}
FORMS = ("投诉", "求助", "咨询", "举报", "建议", "提案", "微提案", "微建议", "微协商", "社情民意")
LANES = ("常规交办", "直通车", "协商调解", "跨区域协同", "紧急")
TOPIC_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class Submission:
    """A text as a person wrote it, with what came along (诉求 / 提案)."""

    text: str
    title: str = ""
    received_at: dt.date | None = None
    jurisdiction: str | None = None
    form: str | None = None

    @property
    def full_text(self) -> str:
        """Title and text as one; a title that the text repeats is not read twice."""
        title = self.title.strip()
        if not title or self.text.lstrip().startswith(title):
            return self.text
        return f"{title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Case:
    """A submission and what became of it (办件). Labels stay as they were written."""

    submission: Submission
    topic: str | None = None
    function: str | None = None
    lead_unit: str | None = None
    co_units: tuple[str, ...] = ()
    lane: str | None = None
    urgency: str | None = None
    status: str | None = None
    transfers: int | None = None


@dataclass(frozen=True, slots=True)
class RankedTopic:
    """A topic path and its probability."""

    path: str
    probability: float


@dataclass(frozen=True, slots=True)
class RankedFunction:
    """A function and its probability."""

    function: str
    probability: float


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """A unit, what it is for and where, and its probability; ``trial``: not learnt yet (试用)."""

    unit: str
    function: str | None
    jurisdiction: str | None
    probability: float
    trial: bool = False


@dataclass(frozen=True, slots=True)
class NamedProbability:
    """A label and its probability."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane (办理通道) and why, in words for the clerk."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WeighedWord:
    """A stretch of the original text, characters ``start`` to ``end``, and what it added."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A resolved case near to a text, masked; ``similarity`` is 1 for the same words, 0 for chance."""

    text: str
    lead_unit: str | None
    function: str | None
    topic: str | None
    received_at: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Change:
    """An edit of the text and the first answer to the edited text; ``text`` says it in words.

    ``kind`` is ``words`` (``removed`` were blotted out; the answer is of the kind that the words
    speak for) or ``place`` (as if the text came from ``jurisdiction``; the answer is a unit).
    ``changed`` is False where the answer stays: then the edit shows how firm it is.
    """

    kind: Literal["words", "place"]
    removed: tuple[str, ...]
    jurisdiction: str | None
    answer: str
    probability: float
    changed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the first answer."""

    words: tuple[WeighedWord, ...] = ()
    duties: str | None = None
    similar: tuple[SimilarCase, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Matter:
    """One of several matters of a text: characters ``start`` to ``end`` of it, masked, and whom it is for.

    Places of characters count as in ``WeighedWord``; ``text`` is shorter or longer where it is masked.
    """

    text: str
    start: int
    end: int
    functions: tuple[RankedFunction, ...]
    lead_unit: RankedUnit | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Ranked answers with calibrated probabilities, the zone and the evidence (分办建议)."""

    topics: tuple[RankedTopic, ...]
    functions: tuple[RankedFunction, ...]
    lead_units: tuple[RankedUnit, ...]
    co_units: tuple[RankedUnit, ...]
    zone: Zone
    form: NamedProbability | None
    lane: Lane | None
    flags: tuple[str, ...]
    missing: tuple[str, ...]
    evidence: Evidence
    model: dict[str, str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    matters: tuple[Matter, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that the command line and the API share."""
        return asdict(self)
