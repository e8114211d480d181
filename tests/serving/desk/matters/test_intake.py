"""Taking in: masked text beside the raw one, the model's suggestion, numbers that are never given twice."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from fenban.model.case import NamedProbability, RankedTopic
from fenban.serving.desk.matters import intake, suggesting
from fenban.serving.desk.matters.steps import PLAIN
from fenban.serving.store import audit, verification
from fenban.serving.store.errors import RefusedError
from fenban.serving.store.search import index as search
from fenban.serving.store.tables.matters import SubmissionTextRow, SuggestionRow, TransitionRow

PHONE = "13800000000"


def test_the_raw_text_is_kept_once_and_apart(office):
    submission_id = office.take_in(
        f"路灯坏了，电话{PHONE}", title=f"找{PHONE}", contact=PHONE, submitter="某人"
    )
    row = office.row(submission_id)
    assert PHONE not in row.text + row.title
    with office.database.reading() as session:
        raw = session.get(SubmissionTextRow, submission_id)
        assert (PHONE in raw.text, PHONE in raw.title, raw.contact) == (True, True, PHONE)
        lines = session.scalars(select(audit.AuditRow)).all()
        assert PHONE not in str([(line.actor, line.detail) for line in lines])


def test_a_matter_takes_over_what_the_model_suggests(office):
    row = office.row(office.take_in())
    assert (row.zone, row.topic, row.function) == ("confirm", "城市管理/路灯照明", "城市管理局")
    assert (row.form, row.lane, row.suggested_unit) == ("投诉", "常规交办", "某市城市管理局")
    assert (row.state, row.version, row.lead_unit) == ("待派遣", 1, None)
    assert row.deadline_at > row.received_at


def test_a_matter_is_taken_in_without_a_suggestion_too(office):
    with office.desk() as desk:
        arrival = intake.Arrival(text="灯不亮", received_at=desk.at, accept=False)
        row, kept = intake.take_in(desk, arrival, None)
    assert (row.state, row.zone, kept) == ("待受理", None, None)


def test_a_guessed_form_never_changes_the_way_a_matter_goes(office):
    from ..conftest import suggestion

    said = suggestion("某市城市管理局", form=NamedProbability("提案", 0.9))
    row = office.row(office.take_in(said=said))
    assert (row.kind, row.form, row.state) == ("complaint", None, "待派遣")
    row = office.row(office.take_in(form="提案"))
    assert (row.kind, row.state) == ("proposal", "审查")
    assert office.row(office.take_in(form="提案", accept=False)).state == "草稿"


def test_what_is_added_is_masked_dated_and_found(office):
    submission_id = office.take_in("路灯坏了")
    office.do(PLAIN["ask"], submission_id, "请写明哪条街")
    before = office.row(submission_id)
    office.do(intake.supplement, submission_id, f"在临江街，电话{PHONE}", None)
    row = office.row(submission_id)
    assert row.text.startswith("路灯坏了\n（")
    assert "临江街" in row.text
    assert PHONE not in row.text
    assert (row.state, row.version) == ("待派遣", before.version + 1)
    with office.database.reading() as session:
        assert session.get(SubmissionTextRow, submission_id).text.endswith(PHONE)
        assert list(session.scalars(search.select_matching(session, "临江街"))) == [submission_id]


def test_nothing_is_added_where_nothing_was_asked_for(office):
    submission_id = office.take_in()
    with pytest.raises(RefusedError):
        office.do(intake.supplement, submission_id, "再补充几句", None)
    assert "补充" not in office.row(submission_id).text


def test_another_suggestion_is_kept_beside_the_first(office):
    from ..conftest import WATER, suggestion

    submission_id = office.take_in()
    office.do(suggesting.renew, submission_id, suggestion(WATER, zone="manual"))
    row = office.row(submission_id)
    assert (row.zone, row.suggested_unit, row.version) == ("manual", WATER, 2)
    with office.database.reading() as session:
        kept = session.scalars(select(SuggestionRow.zone).order_by(SuggestionRow.id)).all()
    assert kept == ["confirm", "manual"]


def test_a_decided_matter_does_not_follow_another_suggestion(office):
    from ..conftest import WATER, suggestion

    submission_id = office.decided()
    said = suggestion(WATER, topics=(RankedTopic("水务/停水", 1.0),))
    office.do(suggesting.renew, submission_id, said)
    assert office.row(submission_id).topic == "城市管理/路灯照明"


def test_numbers_are_given_once_however_many_write_at_once(office):
    numbers: list[str] = []

    def register() -> None:
        for _ in range(5):
            numbers.append(office.row(office.take_in()).number)

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 20
    assert sorted(int(number.split("-")[1]) for number in numbers) == list(range(1, 21))
    with office.database.reading() as session:
        verdict = verification.verify(session)
    assert (verdict.lines, verdict.broken_at) == (20, None)


def test_the_timeline_begins_with_registering(office):
    submission_id = office.take_in()
    with office.database.reading() as session:
        lines = session.scalars(select(TransitionRow).order_by(TransitionRow.id)).all()
    steps = [(line.submission_id, line.action, line.from_state, line.to_state) for line in lines]
    assert steps == [
        (submission_id, "intake", None, "待受理"),
        (submission_id, "accept", "待受理", "待派遣"),
    ]
