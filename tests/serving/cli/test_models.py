"""The registry from the command line, and the model that serves where none was chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fenban import training
from fenban.serving.cli.main import main
from fenban.training.registry.models import Registry

if TYPE_CHECKING:
    from fenban.model.router import Router


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))


@pytest.fixture
def trainings(router: Router, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the starter model be the tiny one; the list grows with every training."""
    done: list[str] = []

    def train_starter(*_: object) -> object:
        done.append("trained")
        return router.content

    monkeypatch.setattr(training, "train_starter", train_starter)
    monkeypatch.setattr(training, "starter_cases", lambda: [])
    return done


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    return code, *capsys.readouterr()


def test_without_a_model_the_starter_model_is_made_once_and_becomes_champion(
    capsys: pytest.CaptureFixture[str], trainings: list[str], router: Router
) -> None:
    code, out, err = run(capsys, "route", "饭店拖欠工资", "--json")
    assert code == 0
    assert json.loads(out)["model"]["version"] == router.version
    assert "training the starter model" in err
    assert run(capsys, "route", "饭店拖欠工资", "--json") == (0, out, "")
    assert trainings == ["trained"]
    history = Registry(Path("home")).history()
    assert [line["action"] for line in history] == ["add", "promote"]
    assert all(line["actor"] and line["why"] for line in history)


def test_a_home_of_its_own_has_a_champion_of_its_own(
    capsys: pytest.CaptureFixture[str], trainings: list[str]
) -> None:
    assert run(capsys, "route", "饭店拖欠工资", "--home", "elsewhere")[0] == 0
    assert not Path("home").exists()
    assert run(capsys, "models", "list", "--home", "elsewhere")[1].startswith("* ")
    assert run(capsys, "models", "list")[1].startswith("no model in")


def test_list_show_promote_and_rollback(
    capsys: pytest.CaptureFixture[str], trainings: list[str], router: Router
) -> None:
    assert json.loads(run(capsys, "models", "list", "--json")[1]) == []
    run(capsys, "route", "饭店拖欠工资")
    version = router.version
    code, out, _ = run(capsys, "models", "list")
    assert (code, out.splitlines()[0][:14]) == (0, f"* {version}")
    assert "40 cases" in out
    entries = json.loads(run(capsys, "models", "list", "--json")[1])
    assert [(entry["version"], entry["champion"]) for entry in entries] == [(version, True)]
    shown = json.loads(run(capsys, "models", "show", version[:6], "--json")[1])
    assert shown["data"]["cases"] == 40
    assert [line["action"] for line in shown["history"]] == ["add", "promote"]
    assert "promote by" in run(capsys, "models", "show", version[:6])[1]
    code, out, _ = run(capsys, "models", "promote", version[:6], "--why", "看过积压件")
    assert (code, out) == (0, f"champion: {version}\n")
    assert Registry(Path("home")).history()[-1]["why"] == "看过积压件"
    assert run(capsys, "models", "rollback")[0] == 2


def test_a_damaged_model_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], trainings: list[str]
) -> None:
    run(capsys, "route", "饭店拖欠工资")
    (Path("home") / "registry" / "models" / "broken").mkdir()
    code, out, _ = run(capsys, "models", "list")
    assert code == 0
    assert len(out.splitlines()) == 2
    assert "not a model folder" in out
