"""``fenban serve --deadlines``: a wrong file is refused at once, a right one counts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from fenban.serving.cli.main import main
from fenban.serving.desk.deadlines.files import read_deadlines
from fenban.serving.store.base import CHINA

if TYPE_CHECKING:
    from pathlib import Path

RULES = '[[rules]]\nname = "全部"\nanswer = { hours = 7 }\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[rules]]\nname = '咨询'\nanswer = { weeks = 1 }", "rules[1].answer: must be one period"),
        ("[calendar]\nof = []", "calendar.of: unknown key"),
        (None, "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, named: str
) -> None:
    path = tmp_path / "时限.toml"
    if text is not None:
        path.write_text(text, "utf-8")
    home = tmp_path / "home"
    code = main(["serve", "--port", "0", "--home", str(home), "--deadlines", str(path)])
    assert code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"fenban serve: {path}: ")
    assert named in said
    assert not home.exists()


def test_the_citys_rules_count_for_what_comes_in(client_for, tmp_path: Path) -> None:
    path = tmp_path / "时限.toml"
    path.write_text(RULES, "utf-8")
    client = client_for(deadlines=read_deadlines(path))
    received = dt.datetime(2025, 11, 20, 10, 0, tzinfo=CHINA)
    asked = {"text": "路灯坏了三天，请尽快修。", "received_at": received.isoformat()}
    taken = client.post("/api/v1/submissions", json=asked).json()
    assert dt.datetime.fromisoformat(taken["deadline_at"]) == received + dt.timedelta(hours=7)


def test_the_shipped_rules_count_without_a_file(client_for) -> None:
    client = client_for()
    received = dt.datetime(2025, 11, 20, 10, 0, tzinfo=CHINA)
    asked = {"text": "请问公积金怎么提取", "form": "咨询", "received_at": received.isoformat()}
    taken = client.post("/api/v1/submissions", json=asked).json()
    assert dt.datetime.fromisoformat(taken["deadline_at"]) == dt.datetime(2025, 11, 27, 18, tzinfo=CHINA)
