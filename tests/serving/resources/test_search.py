"""Searching through the API: what is found, what is marked, pages, and what is refused."""

from __future__ import annotations

import pytest

from .conftest import LEAD

SEARCH = "/api/v1/search"


@pytest.fixture
def filled(matters):
    matters.register(text="幸福路的路灯不亮，晚上出门看不见，电话13800138000", title="路灯坏了")
    matters.decided(text="小区里路灯坏了两盏，物业说不归他们管")
    matters.register(text="工地拖欠工资，包工头联系不上")
    return matters


def found(matters, **params):
    answer = matters.client.get(SEARCH, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_hits_show_why(filled):
    page = found(filled, q="路灯 -物业")
    (hit,) = page["items"]
    assert (page["total"], page["next"], page["complete"]) == (1, None, True)
    assert (page["words"], page["without"]) == (["路灯"], ["物业"])
    assert [hit["title"]["text"][a:b] for a, b in hit["title"]["marks"]] == ["路灯"]
    assert "13800138000" not in str(page)
    assert [hit["snippet"]["text"][a:b] for a, b in hit["snippet"]["marks"]] == ["路灯"]


def test_filters(filled):
    assert found(filled, q="路灯")["total"] == 2
    assert found(filled, q="路灯", state="已派遣")["total"] == 1
    assert found(filled, q="路灯", state="open")["total"] == 2
    assert found(filled, q="路灯", state=["待派遣", "已派遣"])["total"] == 2
    assert found(filled, q="路灯", unit=LEAD)["total"] == 1
    assert found(filled, q="路灯", unit="没有这个局")["total"] == 0
    assert found(filled, q="路灯", **{"from": "2099-01-01"})["total"] == 0
    assert found(filled, q="路灯", to="2001-01-01")["total"] == 0
    assert found(filled, q="路灯", **{"from": "2001-01-01", "to": "2099-01-01"})["total"] == 2


def test_a_number_is_found_by_its_beginning(filled):
    number = filled.list()["items"][0]["number"]
    assert found(filled, q=number)["items"][0]["number"] == number
    assert found(filled, q=number[:8])["total"] == 3


@pytest.mark.parametrize("sort", ["relevance", "newest"])
def test_pages_hold_every_hit_once(filled, sort):
    for _ in range(3):
        filled.register(text="路灯又坏了")
    seen, cursor = [], None
    for _ in range(5):
        page = found(filled, q="路灯", sort=sort, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [hit["id"] for hit in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    if sort == "newest":
        assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "params",
    [
        {"q": "？？"},
        {"q": ""},
        {"q": "路" * 201},
        {},
        {"q": "路灯", "cursor": "x"},
        {"q": "路灯", "sort": "newest", "cursor": "WyJyZWxldmFuY2UiLDJd"},
        {"q": "路灯", "from": "yesterday"},
        {"q": "路灯", "limit": 0},
    ],
)
def test_what_makes_no_sense_is_refused_in_chinese(client, is_problem, params):
    is_problem(client.get(SEARCH, params=params), 422)


def test_a_word_that_names_a_unit_offers_it(filled):
    assert found(filled, q=LEAD)["units"] == [LEAD]


def test_an_engineer_may_search_and_a_stranger_may_not(client_for, stranger, is_problem):
    assert client_for(role="engineer").get(SEARCH, params={"q": "路灯"}).status_code == 200
    is_problem(stranger.get(SEARCH, params={"q": "路灯"}), 401)
