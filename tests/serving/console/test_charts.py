"""The charts' arithmetic and the marking of passages, run by node over a document of a few lines."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(str(resources.files("fenban.serving.console"))) / "static"
# just as much of a document as the modules use; what is built is told as nested lists
DOCUMENT = """
class Made {
  constructor(tag) { this.tag = tag; this.attributes = {}; this.children = []; this.classes = []; }
  setAttribute(name, value) { this.attributes[name] = value; }
  append(...some) { this.children.push(...some); }
  set textContent(text) { this.children = [text]; }
  set className(name) { this.attributes.class = name; }
  set title(text) { this.attributes.title = text; }
  get classList() { return { add: (name) => this.classes.push(name) }; }
  get tBodies() { return this.children.filter((one) => one.tag === "tbody"); }
  get rows() { return this.children; }
  get cells() { return this.children; }
}
globalThis.document = { createElement: (tag) => new Made(tag), createElementNS: (_, tag) => new Made(tag) };
const below = (made, tag) => made.children.flatMap((one) => all(one, tag));
const self = (made, tag) => [made].filter((one) => one.tag === tag);
const all = (made, tag) => made instanceof Made ? self(made, tag).concat(below(made, tag)) : [];
const text = (made) => made instanceof Made ? made.children.map(text).join("") : String(made);
"""


def run(module: str, call: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    source = re.sub(r"^import .*$", "", (STATIC / module).read_text("utf-8"), flags=re.MULTILINE)
    script = f"{DOCUMENT}\n{source}\nconsole.log(JSON.stringify({call}))"
    command = [node, "--no-warnings", "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (7, 10), (13, 20), (24, 25), (42, 50), (0.3, 0.5), (1000, 1000)]
)
def test_an_axis_ends_on_a_round_number(value: float, top: float) -> None:
    assert run("finding/charts.js", f"roundUp({value})") == pytest.approx(top)


def test_a_line_leaves_a_gap_where_nothing_was_counted() -> None:
    made = "lineChart('t', ['a','b','c','d'], [{name: 's', values: [1, null, 2, 2]}])"
    paths = run("finding/charts.js", f"all({made}, 'path').map((one) => one.attributes.d)")
    assert [command[0] for command in re.findall(r"[ML][^ML]+", paths[0])] == ["M", "M", "L"]


def test_a_chart_is_also_a_table() -> None:
    made = "lineChart('t', ['a','b'], [{name: 'x', values: [1, null]}, {name: 'y', values: [3, 4]}])"
    cells = run("finding/charts.js", f"all({made}, 'tr').map((row) => row.children.map(text))")
    assert cells == [["时段", "x", "y"], ["a", "1", "3"], ["b", "无", "4"]]
    assert run("finding/charts.js", f"all({made}, 'svg')[0].attributes['aria-hidden']") == "true"


def test_labels_of_many_periods_do_not_touch() -> None:
    labels = "Array.from({length: 150}, (_, i) => `p${i}`)"
    made = f"lineChart('t', {labels}, [{{name: 's', values: Array(150).fill(1)}}])"
    shown = f"all({made}, 'text').filter((one) => /^p/.test(text(one)))"
    places = [float(x) for x in run("finding/charts.js", f"{shown}.map((one) => one.attributes.x)")]
    assert len(places) > 5
    assert min(b - a for a, b in itertools.pairwise(places)) > 60


@pytest.mark.parametrize(("value", "width"), [(5, 50), (10, 100), (99, 100), (0, 0)])
def test_a_bar_is_as_long_as_its_share(value: int, width: int) -> None:
    assert run("finding/charts.js", f"all(bar({value}, 10), 'rect')[1].attributes.width") == str(width)


def test_a_matrix_is_darkest_where_most_is() -> None:
    made = "matrix('t', 'c', ['a', 'b'], ['x', 'y'], [[8, 1], [0, 4]])"
    classes = run("finding/charts.js", f"all({made}, 'td').map((cell) => cell.attributes.class)")
    assert classes == ["num heat-4", "num heat-1", "num heat-0", "num heat-2"]


def test_marks_count_code_points() -> None:
    passage = {"text": "𠮷路灯坏了", "start": 3, "marks": [[1, 3]]}
    call = f"marked({json.dumps(passage)}).map((one) => one instanceof Made ? [text(one)] : one)"
    assert run("finding/marks.js", call) == ["…", "𠮷", ["路灯"], "坏了"]
