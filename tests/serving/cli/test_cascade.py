"""``--cascade`` and ``--no-cascade``: one pair of options, with a default for each command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fenban.model import BATCH
from fenban.model.scoring.scorer import Scorer
from fenban.serving.cli.main import main

TEXT = "南宁市青秀区饭店拖欠工资"


@pytest.fixture
def thorough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the encoder was to read every text, of each batch that was scored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # all in this process
    asked: list[bool] = []
    score = Scorer.score

    def score_and_note(*arguments: Any, **options: Any) -> Any:
        if "encoder" in options:  # not in what only explains an answer
            asked.append(options["encoder"] == "always")
        return score(*arguments, **options)

    monkeypatch.setattr(Scorer, "score", score_and_note)
    Path("in.csv").write_text(f"诉求内容,承办单位\n{TEXT},某局\n", "utf-8")
    Path("many.txt").write_text(f"{TEXT}\n" * (BATCH + 1), "utf-8")
    return asked


TRIAGE = ("triage", "in.csv", "out.csv")
EVALUATE = ("evaluate", "--cases", "in.csv")


@pytest.mark.parametrize(
    ("command", "cascade"),
    [
        (TRIAGE, True),
        ((*TRIAGE, "--cascade"), True),
        ((*TRIAGE, "--no-cascade"), False),
        (EVALUATE, False),
        ((*EVALUATE, "--cascade"), True),
        ((*EVALUATE, "--no-cascade"), False),
        (("route", TEXT), False),
        (("route", TEXT, "--cascade"), True),
        (("route", "--file", "in.csv"), False),
        (("route", "--file", "in.csv", "--cascade"), True),
        (("route", "--file", "many.txt"), True),
        (("route", "--file", "many.txt", "--no-cascade"), False),
    ],
)
def test_each_command_takes_both_and_has_its_default(
    thorough: list[bool], model_folder: Path, command: tuple[str, ...], cascade: bool
) -> None:
    assert main([*command, "--model", str(model_folder)]) == 0
    assert set(thorough) == {not cascade}


def test_the_earlier_name_still_works_and_says_the_new_one(
    thorough: list[bool], model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRIAGE, "--thorough", "--model", str(model_folder)]) == 0
    assert set(thorough) == {True}
    assert capsys.readouterr().err.splitlines()[0].startswith("--thorough is now called --no-cascade")
    with pytest.raises(SystemExit):
        main(["triage", "--help"])
    assert "--thorough" not in capsys.readouterr().out


def test_the_new_name_says_nothing_of_it(
    thorough: list[bool], model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*EVALUATE, "--no-cascade", "--json", "--model", str(model_folder)]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["n"] == 1
    assert "cascade" not in err
