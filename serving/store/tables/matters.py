"""Rows of a matter: the submission as it stands, and the lines that are only ever added to it."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import Boolean, Date, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..base import Base, now

# Lists are read in order from an index that knows what they are filtered by, so that no row is looked
# up that a list leaves out; see desk.listing.
_FILTERS = ("state", "kind", "form", "lane", "zone", "closed_at", "topic", "jurisdiction")
# Paths are compared by their characters: what lies below one is a range, whatever the locale.
_PATH = String(200).with_variant(String(200, collation="C"), "postgresql")
_OPEN: dict[str, Any] = {
    "sqlite_where": text("closed_at IS NULL"),
    "postgresql_where": text("closed_at IS NULL"),
}


class SubmissionRow(Base):
    """A matter (办件) as it stands. Texts here are masked; the raw one is in ``submission_texts``.

    ``version`` rises with every change and is the ETag. ``number`` is what people say on the phone.
    """

    __tablename__ = "submissions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    kind: Mapped[str] = mapped_column(String(10))  # complaint | proposal
    state: Mapped[str] = mapped_column(String(12))
    form: Mapped[str | None] = mapped_column(String(20))
    lane: Mapped[str | None] = mapped_column(String(20))
    channel: Mapped[str | None] = mapped_column(String(50))
    title: Mapped[str] = mapped_column(String(1000), default="")
    text: Mapped[str] = mapped_column(Text)
    jurisdiction: Mapped[str | None] = mapped_column(_PATH)
    received_at: Mapped[dt.datetime]
    deadline_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    zone: Mapped[str | None] = mapped_column(String(10))
    suggested_unit: Mapped[str | None] = mapped_column(String(200))
    topic: Mapped[str | None] = mapped_column(_PATH)
    function: Mapped[str | None] = mapped_column(String(200))
    lead_unit: Mapped[str | None] = mapped_column(String(200))
    other_lead_unit: Mapped[str | None] = mapped_column(String(200))  # the other side of a border
    co_units: Mapped[list[str]] = mapped_column(default=list)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    satisfied: Mapped[bool | None] = mapped_column(Boolean)
    created_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_submissions_deadline_at", "deadline_at", "id", *_FILTERS, "received_at"),
        Index("ix_submissions_received_at", "received_at", "id", *_FILTERS, "deadline_at"),
        Index("ix_submissions_updated_at", "updated_at", "id", *_FILTERS, "received_at", "deadline_at"),
        Index(
            "ix_submissions_open_deadline_at",
            "deadline_at",
            "id",
            *_FILTERS,
            "received_at",
            "updated_at",
            **_OPEN,
        ),
        Index("ix_submissions_lead_unit_received_at", "lead_unit", "received_at"),
        Index("ix_submissions_other_lead_unit", "other_lead_unit"),
        Index("ix_submissions_topic_received_at", "topic", "received_at"),
        Index("ix_submissions_jurisdiction", "jurisdiction"),
        Index("ix_submissions_merged_into", "merged_into"),
    )


class SubmissionTextRow(Base):
    """What the person wrote, unmasked, and how to reach them. Purging deletes these rows."""

    __tablename__ = "submission_texts"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(1000), default="")
    submitter: Mapped[str | None] = mapped_column(String(100))
    contact: Mapped[str | None] = mapped_column(String(200))


class SuggestionRow(Base):
    """What a model suggested, as the API gave it (``body``), masked."""

    __tablename__ = "suggestions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(default=now)
    model_version: Mapped[str] = mapped_column(String(100))
    zone: Mapped[str] = mapped_column(String(10))
    lead_unit: Mapped[str | None] = mapped_column(String(200))
    probability: Mapped[float | None] = mapped_column(Float)
    body: Mapped[dict[str, Any]]


class NumberRow(Base):
    """The last number that was given out on a day (``20261126``)."""

    __tablename__ = "numbers"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Line(Base):
    """A line of a matter's history that is only ever added: whose, when, why (masked)."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(default=now)
    by: Mapped[str] = mapped_column(String(100))
    why: Mapped[str] = mapped_column(Text, default="")


class TransitionRow(Line):
    """One step of the timeline: ``action`` took the matter from one state to another (or left it)."""

    __tablename__ = "transitions"

    action: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    detail: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_transitions_by_submission_id", "by", "submission_id"),)


class DecisionRow(Line):
    """A decision (分办决定), or the undoing of one: then ``undoes`` names it."""

    __tablename__ = "decisions"

    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("suggestions.id"))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), unique=True)
    lead_unit: Mapped[str] = mapped_column(String(200))
    other_lead_unit: Mapped[str | None] = mapped_column(String(200))
    co_units: Mapped[list[str]] = mapped_column(default=list)
    function: Mapped[str | None] = mapped_column(String(200))
    topic: Mapped[str | None] = mapped_column(String(200))
    rank: Mapped[int | None] = mapped_column(Integer)  # where the suggestion had the unit; None: nowhere

    __table_args__ = (Index("ix_decisions_lead_unit_at", "lead_unit", "at"),)


class ReturnRow(Line):
    """A unit sent the matter back (退单); ``reason`` is one of ``states.RETURN_REASONS``."""

    __tablename__ = "returns"

    unit: Mapped[str] = mapped_column(String(200))
    function: Mapped[str | None] = mapped_column(String(200))
    topic: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(20))

    __table_args__ = (Index("ix_returns_unit_at", "unit", "at"),)


class TransferRow(Line):
    """The matter went from one unit to another (改派 after a return, 转办 without one)."""

    __tablename__ = "transfers"

    from_unit: Mapped[str] = mapped_column(String(200))
    to_unit: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index("ix_transfers_from_unit_at", "from_unit", "at"),)


class MergeRow(Line):
    """The matter was merged into another (并案)."""

    __tablename__ = "merges"

    into_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)


class OutcomeRow(Line):
    """What came of it (办理结果): the reply, masked, and whether the matter was solved."""

    __tablename__ = "outcomes"

    final_unit: Mapped[str] = mapped_column(String(200))
    resolved: Mapped[bool] = mapped_column(Boolean)


class EvaluationRow(Line):
    """What the person said of the result (评价): 1 to 5, and whether satisfied."""

    __tablename__ = "evaluations"

    satisfied: Mapped[bool] = mapped_column(Boolean)
    score: Mapped[int | None] = mapped_column(Integer)


class AgreementRow(Line):
    """What was agreed in mediation (协商意见书); ``why`` holds its text, masked."""

    __tablename__ = "agreements"

    parties: Mapped[list[str]] = mapped_column(default=list)


class PromiseRow(Line):
    """One thing that an agreement promises: by whom, until when. ``why`` says what."""

    __tablename__ = "promises"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), index=True)
    unit: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[dt.date | None] = mapped_column(Date)


class FulfilmentRow(Line):
    """A promise was kept; ``why`` says how it was seen to."""

    __tablename__ = "fulfilments"

    promise_id: Mapped[int] = mapped_column(ForeignKey("promises.id"), unique=True)


class IdempotencyRow(Base):
    """The answer to a POST that carried an Idempotency-Key: given again when it is sent again."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    actor: Mapped[str] = mapped_column(String(100), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]]
    etag: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[dt.datetime] = mapped_column(default=now, index=True)
