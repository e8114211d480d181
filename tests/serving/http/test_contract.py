"""Every operation of the API answers as its description says, whatever it is asked."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as described

from fenban.serving.app import create_app
from fenban.serving.http.listening import open_socket
from fenban.serving.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemathesis import APIOperation, Case

    from fenban.model import Router

pytestmark = pytest.mark.slow

TOKEN = "a-token-that-only-the-tests-know"  # an administrator's, of the tests' store
PASSWORD = "seven green lanterns"
TEXT = "青秀区一所小学的课后托管收费不透明，第{}次反映"
UNIT, OTHER = "南宁市青秀区教育局", "南宁市兴宁区教育局"
LIST = "单位,职能,属地\n南宁市青秀区教育局,教育局,南宁市/青秀区\n南宁市良庆区体育局,体育局,南宁市/良庆区\n"
PROMISED = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_headers_conformance,
    described.response_schema_conformance,
]
EXAMPLES = 8  # of each operation and each way to make them
KNOWN = 6  # matters that are there
_ASKING = ("GET /api/v1/search", "GET /api/v1/return-risk")
# what would end the test's own way in: the person behind the token, and the token
_SPARED = {"user_id": "2", "token_id": "2"}


@dataclass
class Api:
    """The service, as a program sees it that reads the description."""

    address: str
    session: requests.Session
    operations: dict[str, APIOperation] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def do(self, label: str, *, whole: bool = False, **options: Any) -> Any:
        """Call an operation such as ``GET /api/v1/users``; it must succeed, as described."""
        method, _, template = label.partition(" ")
        path = template.format(**options.pop("ids", {}))
        session = options.pop("session", self.session)
        headers = {"If-Match": "*", **options.pop("headers", {})}
        answer = session.request(method, self.address + path, headers=headers, timeout=20, **options)
        assert answer.ok, f"{label}: {answer.status_code} {answer.text}"
        self.operations[label].validate_response(answer)
        self.done[label] += 1
        if whole:
            return answer
        return answer.json() if answer.content else None

    def matter(self, number: int, action: str, /, **body: Any) -> Any:
        """Do something with a matter."""
        label = f"POST /api/v1/submissions/{{submission_id}}/{action}"
        return self.do(label, ids={"submission_id": number}, json=body)


@pytest.fixture(scope="module")
def api(
    router: Router, peopled_file: Path, tmp_path_factory: pytest.TempPathFactory, served: Callable[..., Any]
) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("contract")
    shutil.copy(peopled_file, folder / "fenban.db")
    listener = open_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    database = f"sqlite:///{folder / 'fenban.db'}"
    app = create_app(router, ServiceSettings(model_folder=folder, database=database, port=port))
    with served(app, listener), requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        address = f"http://127.0.0.1:{port}"
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        found = Api(address, session, {op.ok().label: op.ok() for op in schema.get_all_operations()})
        assert len(found.operations) > 40
        yield found


def test_a_program_goes_through_whole_courses(api: Api) -> None:
    matters_are_handled(api)
    hot_issues_are_seen(api)
    people_are_managed(api)
    a_session_is_opened_and_closed(api)
    the_directory_is_replaced(api)
    for label in api.operations:
        if label.startswith("GET ") and "{" not in label:
            api.do(label, params={"q": "托管", "unit": UNIT} if label in _ASKING else {})


def matters_are_handled(api: Api) -> None:
    register = "POST /api/v1/submissions"
    ids = [api.do(register, json={"text": TEXT.format(n)})["id"] for n in range(KNOWN)]
    assert ids == list(range(1, KNOWN + 1))
    api.matter(1, "suggestions")
    api.matter(1, "steps", action="ask", why="是哪一所学校")
    decided = api.matter(2, "decisions", lead_unit=UNIT, co_units=[OTHER])
    undo = "POST /api/v1/submissions/{submission_id}/decisions/{decision_id}/undo"
    api.do(undo, ids={"submission_id": 2, "decision_id": decided["decision"]["id"]}, json={})
    for number in ids[2:]:
        api.matter(number, "decisions", lead_unit=UNIT, lane="协商调解")
    promises = [{"unit": UNIT, "what": "公示收费", "due_on": "2027-01-08"}]
    agreed = api.matter(3, "agreements", text="学校公示收费", parties=["家长", "学校"], promises=promises)
    kept = (
        "POST /api/v1/submissions/{submission_id}/agreements/{agreement_id}/promises/{promise_id}/fulfilments"
    )
    ids_of = {"submission_id": 3, "agreement_id": agreed["agreement"]["id"]}
    ids_of["promise_id"] = agreed["agreement"]["promises"][0]["id"]
    api.do(kept, ids=ids_of, json={"why": "看过公示栏"})
    api.matter(3, "outcomes", reply="已公示", resolved=True)
    api.matter(3, "evaluations", satisfied=False, score=2, why="公示得太晚")
    api.matter(4, "returns", reason="职能不符", why="不归本局")
    before = api.do("GET /api/v1/submissions/{submission_id}", ids={"submission_id": 5})["deadline_at"]
    later = dt.datetime.fromisoformat(before) + dt.timedelta(days=3)
    api.matter(5, "extensions", until=later.isoformat(), why="要等学校开会")
    api.matter(5, "transfers", to_unit=OTHER, why="属地不对")
    api.matter(6, "merges", into=5)
    for label in api.operations:
        if label.startswith("GET /api/v1/submissions/{submission_id}"):
            for number in ids:
                api.do(label, ids={"submission_id": number})
    api.do("POST /api/v1/suggestions", json={"items": [{"text": TEXT.format(0)}]})
    page = api.do("GET /api/v1/submissions", params={"limit": 4})
    assert len(page["items"]) == 4
    following = api.do("GET /api/v1/submissions", params={"limit": 4, "cursor": page["next"]})
    assert len(following["items"]) == KNOWN - 4
    api.do("POST /api/v1/similar", json={"text": TEXT.format(1)})


def hot_issues_are_seen(api: Api) -> None:
    deadline = time.monotonic() + 20
    items: list[Any] = []
    while not items and time.monotonic() < deadline:  # they are computed in the background
        items = api.do("GET /api/v1/clusters")["items"]
        time.sleep(0.1)
    api.do("GET /api/v1/clusters/{cluster_id}", ids={"cluster_id": items[0]["id"]})


def people_are_managed(api: Api) -> None:
    made = api.do("POST /api/v1/users", json={"name": "cangzhu", "display_name": "苍术", "role": "clerk"})
    person = {"user_id": made["user"]["id"]}
    api.do("GET /api/v1/users/{user_id}", ids=person)
    api.do("PATCH /api/v1/users/{user_id}", ids=person, json={"role": "lead"})
    api.do("POST /api/v1/users/{user_id}/invitations", ids=person, json={})


def a_session_is_opened_and_closed(api: Api) -> None:
    with requests.Session() as browser:
        browser.headers["Origin"] = api.address
        asked = {"name": "auditor", "password": PASSWORD}
        opened = api.do("POST /api/v1/session", session=browser, json=asked)
        browser.headers["X-CSRF-Token"] = opened["csrf"]
        change = {"current_password": PASSWORD, "password": "nine quiet bridges"}
        again = api.do("PATCH /api/v1/session", session=browser, json=change)
        browser.headers["X-CSRF-Token"] = again["csrf"]
        wanted = {"name": "报表", "scopes": ["statistics.read"]}
        token = api.do("POST /api/v1/tokens", session=browser, json=wanted)["token"]
        api.do("DELETE /api/v1/tokens/{token_id}", session=browser, ids={"token_id": token["id"]})
        api.do("DELETE /api/v1/session", session=browser)


def the_directory_is_replaced(api: Api) -> None:
    api.do("GET /api/v1/units/{name}", ids={"name": UNIT})
    shown = api.do("POST /api/v1/directory/preview", files={"file": ("单位.csv", LIST)})
    version = api.do(
        "POST /api/v1/directory/versions",
        headers={"If-Match": f'"{shown["base"]}"'},
        files={"file": ("单位.csv", LIST)},
        data={"fingerprint": shown["fingerprint"], "note": "机构改革"},
    )
    api.do("GET /api/v1/directory/versions/{version_id}/changes", ids={"version_id": version["id"]})
    api.do("POST /api/v1/documents", files={"file": ("来信.txt", TEXT.format(9))})


def aimed(case: Case, known: bool, number: int) -> Case:
    """Turn a made-up case towards something that is there, where ``known``."""
    for name in case.path_parameters:
        if name in _SPARED:
            case.path_parameters[name] = _SPARED[name]
        elif known:
            case.path_parameters[name] = str(number if name == "submission_id" else 1)
    if known and "If-Match" in {header.name for header in case.operation.headers}:
        case.headers["If-Match"] = "*"
    return case


def asked(api: Api, operation: APIOperation, mode: GenerationMode) -> None:
    """Ask one operation a number of times, and hold each answer against its description."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), known=st.booleans(), number=st.integers(1, KNOWN))
    def ask(case: Case, known: bool, number: int) -> None:
        case = aimed(case, known, number)
        answer = case.call(session=api.session, timeout=20)
        case.validate_response(answer, checks=PROMISED)
        api.done[operation.label] += answer.status_code < 300

    ask()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_answers_as_described(api: Api, subtests: Any, mode: GenerationMode) -> None:
    for operation in api.operations.values():
        if mode is GenerationMode.NEGATIVE and not (operation.body or [*operation.iter_parameters()]):
            continue  # it takes nothing that could be wrong
        with subtests.test(operation.label):
            asked(api, operation, mode)


def test_no_operation_was_only_seen_to_fail(api: Api) -> None:
    if not api.done:
        pytest.skip("the tests before this one were not chosen")
    assert [label for label in api.operations if not api.done[label]] == []
