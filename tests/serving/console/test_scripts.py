"""What the console's scripts compute, run by node: texts, deadlines, marks, and the client of the API."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from fenban.serving.console.labels import LABELS

STATIC = Path(str(resources.files("fenban.serving.console"))) / "static"


def source(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def run_module(script: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    command = [node, "--no-warnings", "--input-type=module", "-e", script]
    done = subprocess.run(command, cwd=STATIC, capture_output=True, text=True, check=True, timeout=20)
    return json.loads(done.stdout)


def test_deadlines_are_told_in_words_and_days() -> None:
    code = re.sub(r"^import .*$", "", source("shared/formats.js"), flags=re.MULTILINE)
    script = (
        code
        + """
    const at = (days) => { const d = new Date(); d.setDate(d.getDate() + days); d.setHours(23); return d; };
    const told = (days, standing, closed = null) => deadline({ deadline_at: at(days).toISOString(),
      overdue: standing === "overdue" && !closed, closed_at: closed, standing });
    const none = deadline({ deadline_at: null, overdue: false, closed_at: null, standing: "none" });
    const open = [told(-3, "overdue"), told(1, "near"), told(5, "near"), told(9, "fine")];
    const all = [...open, told(-3, "overdue", "2026"), none];
    console.log(JSON.stringify(all.map(({ text, due }) => [text, due])));
    """
    )
    assert run_module(script) == [
        ["超期 3 天", "over"],
        ["明天到期", "soon"],
        ["还有 5 天", "soon"],
        ["还有 9 天", "later"],
        ["逾期办完", "none"],
        ["无期限", "none"],
    ]


def test_a_step_says_what_it_still_needs() -> None:
    code = source("matter/actions.js")
    names = ("unit", "other", "co", "lane", "topic", "why", "intoId", "text", "reply", "parties")
    blank: dict[str, Any] = {**dict.fromkeys(names, ""), "promises": []}
    agreed = {**blank, "text": "同意", "parties": "甲\n乙", "promises": [{"unit": "", "what": "修"}]}
    cases = [
        ["decide", blank, False, "常规交办"],
        ["decide", {**blank, "unit": "甲局"}, False, "跨区域协同"],
        ["decide", {**blank, "unit": "甲局", "lane": "常规交办"}, False, "跨区域协同"],
        ["return", {**blank, "reason": "职能不符"}, True, None],
        ["merge", blank, False, None],
        ["agree", agreed, False, None],
        ["ask", {**blank, "why": "请补充地点"}, True, None],
    ]
    call = f"console.log(JSON.stringify({json.dumps(cases)}.map((given) => missing(...given))))"
    assert run_module(f"{code}\n{call}") == [
        "请写明主办单位。",
        "跨区域协同须写明另一方的主办单位。",
        "",
        "请写明理由。",
        "请写并入哪一件的编号。",
        "每一项都要写明由谁办、办什么。",
        "",
    ]


CLIENT = """
const asked = [];
const answers = ANSWERS;
globalThis.document = { querySelector: () => ({ content: "csrf-1" }) };
globalThis.fetch = async (path, { method, headers, body }) => {
  asked.push({ path, method, headers, body });
  const [status, data, etag = ""] = answers.shift();
  const get = (name) => (name === "ETag" ? etag : "");
  return { ok: status < 400, status, json: async () => data, headers: { get } };
};
const told = async (work) => work.catch(({ kind, detail, fields, body }) => ({ kind, detail, fields, body }));
"""


def ask_client(answers: list[Any], script: str) -> Any:
    """Run ``script`` with the API client over canned answers; return what it says and what was asked."""
    code = source("shared/api.js") + CLIENT.replace("ANSWERS", json.dumps(answers))
    return run_module(f"{code}\nconst said = {script};\nconsole.log(JSON.stringify([said, asked]));")


def test_a_change_names_its_version_its_key_and_the_token_against_forgery() -> None:
    said, asked = ask_client(
        [[201, {"id": 1}, '"v3"']],
        """await post("/submissions/1/returns", { why: "\\ud800" }, { etag: '"v2"', key: "k" })""",
    )
    assert said == {"status": 201, "data": {"id": 1}, "etag": '"v3"'}
    headers = asked[0]["headers"]
    assert (headers["If-Match"], headers["Idempotency-Key"], headers["X-CSRF-Token"]) == (
        '"v2"',
        "k",
        "csrf-1",
    )
    assert asked[0]["path"] == "/api/v1/submissions/1/returns"
    assert json.loads(asked[0]["body"]) == {"why": "\ufffd"}  # half a pair would be refused


def test_a_lost_session_is_renewed_once_and_the_request_sent_again() -> None:
    renewing = 'renewSessionWith(async () => true) ?? (await told(get("/topics")))'
    said, asked = ask_client([[401, None], [200, {"items": []}]], renewing)
    assert said["data"] == {"items": []}
    assert len(asked) == 2
    said, asked = ask_client([[401, None], [401, None]], renewing)
    assert said["kind"] == "session"
    put_off = 'renewSessionWith(async () => false) ?? (await told(get("/topics")))'
    said, asked = ask_client([[401, None]], put_off)
    assert (said["kind"], len(asked)) == ("session", 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, "refused"),
        (404, "missing"),
        (409, "refused"),
        (412, "stale"),
        (422, "invalid"),
        (503, "busy"),
        (500, "server"),
    ],
)
def test_failures_have_kinds(status: int, kind: str) -> None:
    problem = {
        "title": "题",
        "detail": "事",
        "version": 4,
        "errors": [{"field": "items[0].text", "message": "太长"}],
    }
    said, _ = ask_client([[status, problem]], 'await told(get("/x"))')
    assert said["kind"] == kind
    assert said["body"]["version"] == 4
    assert said["fields"] == ([{"field": "text", "message": "太长"}] if status == 422 else [])


def test_marked_words_are_found_by_code_points() -> None:
    text = "𠮷先生说楼下漏气"
    words = [
        {"text": "漏气", "start": 6, "end": 8, "weight": 2.0},
        {"text": "𠮷先生", "start": 0, "end": 3, "weight": 0.3},
        {"text": "错位", "start": 3, "end": 5, "weight": 1.0},
    ]
    source = (STATIC / "suggestion/spans.js").read_text("utf-8")
    call = f"console.log(JSON.stringify(pieces({json.dumps(text)}, {json.dumps(words)})))"
    assert run_module(f"{source}\n{call}") == [
        {"text": "𠮷先生", "step": 1},
        {"text": "说楼下", "step": 0},
        {"text": "漏气", "step": 5},
    ]


def test_the_copied_text_says_who_decided() -> None:
    units = [
        {"unit": name, "function": name, "jurisdiction": None, "probability": p}
        for name, p in [("甲局", 0.996), ("乙局", 0.1)]
    ]
    words = [
        {"text": text, "start": 0, "end": 1, "weight": w} for text, w in [("水", 1), ("灌渠", 3), ("灌渠", 2)]
    ]
    suggestion = {
        "topics": [{"path": "水利/农田灌溉", "probability": 0.9}],
        "functions": [{"function": "甲局", "probability": 0.9}],
        "lead_units": units,
        "co_units": [units[1]],
        "zone": "confirm",
        "form": {"name": "投诉", "probability": 0.9},
        "lane": {"name": "紧急", "reason": "文中提到“触电”"},
        "flags": ["danger"],
        "missing": ["place"],
        "evidence": {"words": words, "duties": "负责灌渠", "similar": []},
    }
    sources = [source(name) for name in ("shared/dom.js", "shared/labels.js", "suggestion/summary.js")]
    block = json.dumps({"textContent": json.dumps(LABELS)})
    page = f"globalThis.document = {{ getElementById: (id) => (id === 'labels' ? {block} : null) }};"
    code = page + re.sub(r"^import .*$", "", "\n".join(sources), flags=re.MULTILINE)
    calls = ", ".join(f"plainText({json.dumps(suggestion)}, {who}, '请确认')" for who in ("null", "'乙局'"))
    untouched, chosen = run_module(f"{code}\nconsole.log(JSON.stringify([{calls}]))")
    assert untouched.split("\n") == [
        "主办：甲局（系统建议，未经确认）",
        "协办：乙局",
        "主题：水利 / 农田灌溉",
        "形式：投诉",
        "办理通道：紧急（文中提到“触电”）",
        "把握：>99%（请确认）",
        "提示：可能危及人身安全，请先核实；缺地点",
        "依据：负责灌渠；文中提到“灌渠”“水”",
    ]
    assert "主办：乙局（经办人选定，系统排第2）\n协办：无\n" in chosen
    assert chosen.endswith("依据：经办人判断")
