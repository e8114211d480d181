"""The console's pages: which there are, who may see them, and what every template is given."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fenban.model import FORMS, LANES, ZONE_NAMES

from ..accounts.permissions import PERMISSIONS, ROLE_NAMES
from ..http.service import Service
from ..http.templates import Templates
from ..store.states import PROPOSAL_FORMS, RETURN_REASONS, states_of
from .labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the top bar: its address, its template's name, its label, and who may see it."""

    path: str
    page: str
    label: str
    permission: str


PLACES = (
    Place("/", "index", "受理", "matters.write"),
    Place("/queue", "queue", "待办", "matters.read"),
    Place("/search", "search", "检索", "matters.read"),
    Place("/clusters", "clusters", "热点", "matters.read"),
    Place("/directory", "directory", "名录", "directory.read"),
    Place("/statistics", "statistics", "统计", "statistics.read"),
    Place("/audit", "audit", "审计", "audit.read"),
)
# What templates may show or offer to choose from; the same for every page.
CHOICES = {
    "labels": LABELS,
    "zone_names": ZONE_NAMES,
    "forms": FORMS,
    "lanes": LANES,
    "proposal_forms": tuple(form for form in FORMS if form in PROPOSAL_FORMS),
    "return_reasons": RETURN_REASONS,
    "role_names": ROLE_NAMES,
    "permission_names": PERMISSIONS,
    "states": tuple(dict.fromkeys((*states_of("complaint"), *states_of("proposal")))),
}

# Keys of the steps of a matter on its own page: the action, the key, and what the help says of it.
ACTION_KEYS = (
    ("decide", "D", "派遣、改派或交办"),
    ("sign", "S", "签收"),
    ("return", "T", "退单"),
    ("transfer", "Z", "转办"),
    ("merge", "M", "并案"),
    ("split", "P", "取消并案"),
    ("accept", "A", "受理，或提交审查"),
    ("register", "L", "立案"),
    ("refuse", "X", "不予受理，或不予立案"),
    ("ask", "B", "要求补充"),
    ("supplement", "N", "补充内容"),
    ("extend", "E", "延期"),
    ("agree", "H", "登记协商意见书"),
    ("unsettle", "U", "调解不成"),
    ("resolve", "F", "办结或答复"),
    ("evaluate", "V", "登记评价"),
    ("reopen", "W", "不满意重办"),
)

router = APIRouter(include_in_schema=False)


def console_templates(**facts: Any) -> Templates:
    """Return the console's templates; ``facts`` and what there is to choose from are given to each."""
    return Templates(resources.files("fenban.serving.console") / "templates", {**facts, **CHOICES})


def _page(request: Request, page: str, permission: str | None = None, **context: Any) -> Response:
    """Return ``page`` for who asks, or a page that says why there is nothing to see for them."""
    templates = Service.of(request).templates
    shell = shell_context(request.scope, page)
    if permission and permission not in shell["user"]["permissions"]:
        said = {"heading": "没有权限", "explanation": "您的角色看不到这一页，需要时请找管理员。"}
        return HTMLResponse(templates.render("unavailable.html", **shell, **said), 403)
    return HTMLResponse(templates.render(f"{page}.html", **shell, **context))


def shell_context(scope: Mapping[str, Any], page: str) -> dict[str, Any]:
    """Return what ``base.html`` needs: the page's name, who is there, and the places they may go to."""
    actor = scope.get("actor")
    permissions = [name for name in PERMISSIONS if actor is not None and actor.may(name)]
    role = actor.role if actor else ""
    return {
        "page": page,
        "csrf": scope.get("csrf") or "",
        "places": [place for place in PLACES if place.permission in permissions],
        "user": {
            "name": actor.name if actor else "",
            "label": (actor.display_name or actor.name) if actor else "",
            "role": role,
            "role_name": ROLE_NAMES.get(role, role),
            "permissions": permissions,
        },
    }


@router.get("/")
async def intake(request: Request) -> Response:
    """受理; who may not take in is sent to the first page they may see."""
    places = shell_context(request.scope, "index")["places"]
    if places and places[0].path != "/":
        return RedirectResponse(places[0].path, 303)
    return _page(request, "index", "matters.write")


@router.get("/queue")
async def queue(request: Request) -> Response:
    """待办."""
    return _page(request, "queue", "matters.read")


@router.get("/matters/{matter_id:int}")
async def matter(request: Request, matter_id: int) -> Response:
    """办件."""
    return _page(request, "matter", "matters.read", matter_id=matter_id, action_keys=ACTION_KEYS)


@router.get("/search")
async def search(request: Request) -> Response:
    """检索."""
    return _page(request, "search", "matters.read")


@router.get("/clusters")
async def clusters(request: Request) -> Response:
    """热点."""
    return _page(request, "clusters", "matters.read")


@router.get("/directory")
async def directory(request: Request) -> Response:
    """名录."""
    return _page(request, "directory", "directory.read")


@router.get("/statistics")
async def statistics(request: Request) -> Response:
    """统计."""
    return _page(request, "statistics", "statistics.read")


@router.get("/audit")
async def audit(request: Request) -> Response:
    """审计."""
    return _page(request, "audit", "audit.read")


@router.get("/accounts")
async def accounts(request: Request) -> Response:
    """账户: everybody's own password and tokens; administrators also see the users."""
    return _page(request, "accounts")
