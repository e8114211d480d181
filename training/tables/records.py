"""Cases as JSON records, the form in which starter files and the registry keep them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from fenban.model import Case, Submission

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_case(record: Mapping[str, Any]) -> Case:
    """Return the case of one record, as starter files and the registry keep it."""
    date = record.get("received_at")
    return Case(
        Submission(
            text=record["text"],
            title=record.get("title") or "",
            received_at=dt.date.fromisoformat(date) if date else None,
            jurisdiction=record.get("jurisdiction"),
            form=record.get("form"),
        ),
        topic=record.get("topic"),
        function=record.get("function"),
        lead_unit=record.get("lead_unit"),
        co_units=tuple(record.get("co_units") or ()),
        lane=record.get("lane"),
        urgency=record.get("urgency"),
        status=record.get("status"),
        transfers=record.get("transfers"),
    )


def build_case_record(case: Case) -> dict[str, Any]:
    """Return the record of a case; ``read_case`` gives the case back."""
    record = {
        "text": case.submission.text,
        "title": case.submission.title,
        "topic": case.topic,
        "function": case.function,
        "lead_unit": case.lead_unit,
        "co_units": list(case.co_units),
        "form": case.submission.form,
        "lane": case.lane,
        "jurisdiction": case.submission.jurisdiction,
        "urgency": case.urgency,
        "received_at": case.submission.received_at.isoformat() if case.submission.received_at else None,
        "status": case.status,
        "transfers": case.transfers,
    }
    return {key: value for key, value in record.items() if value not in (None, "", [])}
