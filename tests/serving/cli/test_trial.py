"""A unit on trial from the command line: added, suggested at once, listed, ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fenban.serving.cli.main import main
from fenban.training.registry.models import Registry
from fenban.training.registry.trials import load_router

if TYPE_CHECKING:
    from fenban.model.router import Router

UNIT = "南宁市低空经济管理局"
EXAMPLES = "无人机天天在我家阳台外面盘旋\n公园上空有人放无人机\n送外卖的无人机半夜起降，13800138000\n"
ADD = ("trial", "add", "--unit", UNIT, "--jurisdiction", "南宁市", "--duties", "管理无人机飞行空域")
LIKE = "南宁市有人放无人机，天天在阳台外面低空盘旋"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, router: Router) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    registry = Registry(tmp_path / "home")
    registry.promote(registry.add(router.content, [], "甲", "first"), "甲", "first")
    Path("examples.txt").write_text(EXAMPLES, "utf-8")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    return code, *capsys.readouterr()


def first_unit(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(run(capsys, "route", LIKE, "--json")[1])["lead_units"][0]


def test_added_it_is_suggested_at_once_until_it_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert first_unit(capsys)["trial"] is False
    code, out, err = run(capsys, *ADD, "--examples", "examples.txt")
    assert code == 0
    assert f"on trial: {UNIT} (3 examples)" in out
    assert "restart" in err
    assert (first_unit(capsys)["unit"], first_unit(capsys)["trial"]) == (UNIT, True)
    assert f"{UNIT}（试用）" in run(capsys, "route", LIKE)[1]
    assert run(capsys, "trial", "remove", UNIT) == (0, f"no longer on trial: {UNIT}\n", "")
    assert first_unit(capsys)["trial"] is False


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "trial", "list") == (0, "no unit is on trial\n", "")
    run(capsys, *ADD, "--examples", "examples.txt")
    assert UNIT in run(capsys, "trial", "list")[1]
    (shown,) = json.loads(run(capsys, "trial", "list", "--json")[1])
    assert shown["unit"] == UNIT
    assert "13800138000" not in str(shown)


def test_too_few_examples_are_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    Path("examples.txt").write_text("无人机太吵\n", "utf-8")
    code, out, err = run(capsys, *ADD, "--examples", "examples.txt")
    assert (code, out) == (2, "")
    assert "1 different examples; 3 to 10 are needed" in err


def test_a_folder_outside_a_registry_has_no_trials(
    capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    run(capsys, *ADD, "--examples", "examples.txt")
    assert load_router(model_folder).trials == ()
