"""Pages are made for who asks: their places, their name, the token against forged requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fenban.serving.accounts.permissions import ROLES
from fenban.serving.console.pages import PLACES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.serving.conftest import Client


def places_in(html: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)" data-place=', html)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_bar_shows_the_places_of_the_role(client_for: Callable[..., Client], role: str) -> None:
    client = client_for(role=role)
    shown = places_in(client.get("/accounts").text)
    assert shown == [place.path for place in PLACES if place.permission in ROLES[role]]
    for place in PLACES[1:]:
        answer = client.get(place.path)
        assert (answer.status_code == 403) == (place.permission not in ROLES[role]), place.path


def test_who_may_not_take_in_is_led_to_what_waits(client_for: Callable[..., Client]) -> None:
    answer = client_for(role="auditor").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")


def test_a_page_names_who_is_there_and_where(client_for: Callable[..., Client]) -> None:
    html = client_for(role="clerk").get("/queue").text
    assert 'data-user="clerk"' in html
    assert re.search(r'data-place="queue" aria-current="page"', html)
    assert html.count("aria-current") == 1
    assert re.search(r'data-permissions="[^"]*matters\.raw', html)


def test_a_matters_page_knows_its_matter(client_for: Callable[..., Client]) -> None:
    assert 'data-matter="12"' in client_for(role="clerk").get("/matters/12").text
    assert client_for(role="clerk").get("/matters/x").status_code == 404
