from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from fenban.serving.store.search import index as search
from fenban.serving.store.search.query import UnreadableQueryError, parse
from fenban.serving.store.search.ranking import MOST_RANKED, cut_passage, rank
from fenban.serving.store.tables.matters import SubmissionRow

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
TEXTS = {
    "lamp": "幸福路的路灯不亮，晚上出门看不见",
    "lamps": "小区里路灯坏了两盏，物业说不归他们管",
    "bus": "8路公交车经常不来，等了四十分钟",
    "bus18": "18路车改线以后不到医院了",
    "wages": "工地拖欠工资，包工头电话打不通",
    "mayor": "南宁市长江路段积水很深",
    "old": "路邊的電線桿傾斜得厲害",
    "road": "G80高速出口处堵车",
}


def add(session, name, words, **more):
    row = SubmissionRow(
        number=more.pop("number", f"20260301-{abs(hash(name)) % 10**6:06d}"),
        kind="complaint",
        state=more.pop("state", "待派遣"),
        title=more.pop("title", ""),
        text=words,
        received_at=more.pop("received_at", AT),
        created_by="li",
        channel=name,
        **more,
    )
    session.add(row)
    session.flush()
    search.index_matter(session, row)
    return row


@pytest.fixture
def filled(database):
    with database.writing() as session:
        for place, (name, words) in enumerate(TEXTS.items()):
            add(session, name, words, number=f"20260301-{place + 1:06d}")
    return database


def found(database, typed):
    with database.reading() as session:
        query = select(SubmissionRow.channel).where(
            SubmissionRow.id.in_(search.select_matching(session, typed))
        )
        return set(session.scalars(query))


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("路灯", {"lamp", "lamps"}),
        ("路灯 物业", {"lamps"}),
        ("路灯 -小区", {"lamp"}),
        ("“路灯不亮”", {"lamp"}),
        ("“不亮路灯”", set()),
        ("灯不", {"lamp"}),
        ("路灯，晚上", {"lamp"}),
        ("8路", {"bus"}),
        ("18路", {"bus18"}),
        ("拖欠工资", {"wages"}),
        ("工资拖欠", {"wages"}),
        ("電線杆", {"old"}),
        ("电线", {"old"}),
        ("電線", {"old"}),
        ("g80", {"road"}),
        ("Ｇ８０", {"road"}),
        ("G8", set()),
        ("亮", {"lamp"}),
        ("20260301", set(TEXTS)),
        ("20260301-000005", {"wages"}),
        ("20260301000005", {"wages"}),
        ("000005", set()),
        ("鳄鱼", set()),
    ],
)
def test_what_is_found(filled, typed, names):
    assert found(filled, typed) == names


def test_a_new_text_replaces_the_old_one(filled):
    with filled.writing() as session:
        row = session.scalars(select(SubmissionRow).where(SubmissionRow.channel == "lamp")).one()
        row.text = "井盖松动"
        search.index_matter(session, row)
    assert found(filled, "路灯") == {"lamps"}
    assert found(filled, "井盖") == {"lamp"}


def test_indexing_again_changes_nothing(filled):
    with filled.writing() as session:
        for row in session.scalars(select(SubmissionRow)):
            search.index_matter(session, row)
    assert found(filled, "路灯") == {"lamp", "lamps"}


def test_a_matter_that_was_not_committed_is_not_found(filled):
    with filled.reading() as session:  # rolled back in the end
        add(session, "lost", "路灯闪烁")
    assert found(filled, "闪烁") == set()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=st.one_of(st.text(max_size=30), st.text(alphabet="\"'-*():^&|!<>\\ ORNEAD路灯8%_№+{}", max_size=20))
)
def test_nothing_typed_is_an_error_of_the_database(filled, typed):
    try:
        found(filled, typed)
    except UnreadableQueryError:
        return


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_phrase_is_found_just_where_it_stands(filled, data):
    """Against the plain meaning: the characters side by side in the text."""
    source = data.draw(st.sampled_from([TEXTS["lamp"], TEXTS["lamps"], TEXTS["wages"], TEXTS["mayor"]]))
    clauses = [clause for clause in source.split("，") if len(clause) > 1]
    clause = data.draw(st.sampled_from(clauses))
    start = data.draw(st.integers(0, len(clause) - 1))
    phrase = clause[start : start + data.draw(st.integers(1, 6))]
    plain = {name for name, words in TEXTS.items() if name != "old" and phrase in words}
    assert found(filled, f"“{phrase}”") - {"old"} == plain


def test_the_newest_come_first_and_filters_hold(filled):
    query = parse("路灯")
    with filled.reading() as session:
        both = search.find_newest(session, query)
        assert both == sorted(both, reverse=True)
        only = search.find_newest(session, query, [SubmissionRow.channel == "lamp"])
        assert len(both) == 2
        assert [session.get_one(SubmissionRow, one).channel for one in only] == ["lamp"]


def test_many_and_few_are_found_alike(filled, monkeypatch):
    """Whichever way a filter is joined with the words, the same matters come out."""
    filters = [SubmissionRow.received_at <= AT]
    queries = [parse(typed) for typed in ("路灯", "“路灯不亮”", "路灯 -小区", "20260301", "8路")]
    with filled.reading() as session:
        compared = [search.find_newest(session, query, filters) for query in queries]
        monkeypatch.setattr(search, "_FEW", 0)
        assert [search.find_newest(session, query, filters) for query in queries] == compared


@pytest.mark.parametrize("window", [1, 1000])
def test_common_words_are_found_alike(filled, monkeypatch, window):
    """PostgreSQL goes through the newest matters where its statistics say that a word is common."""
    typed = ("路灯", "“路灯不亮”", "路灯 -小区", "20260301", "8路", "鳄鱼")
    filters = [SubmissionRow.received_at <= AT]
    with filled.reading() as session:
        sought = [found(filled, words) for words in typed]
        newest = [search.find_newest(session, parse(words), limit=2) for words in typed]
        older = [search.find_newest(session, parse(words), limit=2, before=2) for words in typed]
        monkeypatch.setattr(search, "_FEW", 0)
        monkeypatch.setattr(search, "_MANY", -1)
        monkeypatch.setattr(search, "_VERY_MANY", -1)
        monkeypatch.setattr(search, "_WINDOW", window)
        assert [found(filled, words) for words in typed] == sought
        for given in ([], filters):
            assert [search.find_newest(session, parse(words), given, limit=2) for words in typed] == newest
            assert [search.find_newest(session, parse(words), given, 2, before=2) for words in typed] == older


def test_a_title_and_a_whole_word_rank_higher(database):
    with database.writing() as session:
        title = add(session, "title", "一直没人管", title="市长热线打不通", number="a-1")
        word = add(session, "word", "想问市长什么时候来", number="a-2")
        inside = add(session, "inside", "南宁市长江路段积水", number="a-3")
        number = add(session, "number", "市长 2026070199", number="2026070199-1")
        ids = rank(session, parse("市长")).ids
        assert [one for one in ids if one != number.id] == [title.id, word.id, inside.id]
        assert rank(session, parse("2026070199")).ids[0] == number.id


def test_words_as_they_were_typed_rank_higher(database):
    with database.writing() as session:
        apart = add(session, "apart", "工地拖欠三个月工资，工资一直拖欠", number="a-1")
        together = add(session, "together", "老板拖欠工资", number="a-2")
        later = add(session, "later", "拖欠他的工资，拖欠我的工资", number="a-3")
        assert rank(session, parse("拖欠工资")).ids == (together.id, later.id, apart.id)


def test_ranking_is_bounded(database):
    with database.writing() as session:
        for i in range(MOST_RANKED + 1):
            add(session, f"n{i}", "小区停水", number=f"b-{i}")
        best = rank(session, parse("停水"))
    assert len(best.ids) == MOST_RANKED
    assert not best.complete


def test_a_snippet_shows_the_words_and_where_they_are():
    text_ = "前面说了很多别的事。" * 30 + "然后馬路上的路灯坏了，8路车也不来。" + "后面还有很多话。" * 30
    shown = cut_passage(text_, parse("馬路 路灯 8路").terms)
    assert [shown.text[a:b] for a, b in shown.marks] == ["馬路", "路灯", "8路"]
    assert text_[shown.start :].startswith(shown.text)


def test_a_single_character_is_marked_wherever_it_stands() -> None:
    shown = cut_passage("灯下有灯，灯", parse("灯").terms)
    assert shown.marks == ((0, 1), (3, 4), (5, 6))


def test_overlapping_words_are_marked_once():
    shown = cut_passage("路灯不亮", parse("“路灯不” “灯不亮”").terms)
    assert shown.marks == ((0, 4),)


def test_a_short_text_is_shown_whole():
    assert cut_passage("没有这个词", parse("路灯").terms) == cut_passage(
        "没有这个词", parse("路灯").terms, None
    )


def test_the_index_does_its_part(filled):
    """Guards against a plan that reads every folded text."""
    with filled.reading() as session:
        statement = search.select_matching(session, "路灯 物业").compile(
            session.get_bind(), compile_kwargs={"literal_binds": False}
        )
        prefix = "EXPLAIN QUERY PLAN" if filled.is_sqlite else "EXPLAIN"
        if not filled.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.connection().exec_driver_sql(
            f"{prefix} {statement}",
            statement.params if not filled.is_sqlite else tuple(statement.params.values()),
        )
        written = "\n".join(str(row) for row in plan)
    assert "VIRTUAL TABLE INDEX" in written if filled.is_sqlite else "search_texts_tokens_fts" in written
