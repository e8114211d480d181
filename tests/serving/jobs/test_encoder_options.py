"""What the command line may say of an encoder, from the option to the model folder."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fenban.serving.cli.main import main

TEXTS = ("路灯坏了", "路灯，垃圾", "垃圾占道。", "拖欠工资", "工资", "欠工资。")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    with (tmp_path / "cases.csv").open("w", encoding="utf-8", newline="") as target:
        rows = [
            (f"{text}{'。' * i}", "城市管理局" if n < 3 else "社保局")
            for n, text in enumerate(TEXTS)
            for i in range(4)
        ]
        csv.writer(target).writerows([("诉求内容", "职能"), *rows])
    return tmp_path


@pytest.fixture
def plain(tiny_transformer: Path, work: Path) -> Path:
    """A checkpoint as transformers writes it: nothing is said of the pooling."""
    folder = Path(shutil.copytree(tiny_transformer, work / "plain"))
    shutil.rmtree(folder / "1_Pooling")
    return folder


TRAIN = ("train", "--cases", "cases.csv", "--out", "model")


def test_an_encoder_that_does_not_say_its_pooling_is_asked_for_it(plain: Path, capsys: Any) -> None:
    assert main([*TRAIN, "--encoder", "plain"]) == 2
    said = capsys.readouterr().err
    assert "give --pooling mean, cls or last" in said
    assert "Traceback" not in said
    assert not Path("model").exists()


def test_what_is_told_stands_in_the_model_folder_and_its_manifest(plain: Path, capsys: Any) -> None:
    told = ("--encoder", "plain", "--pooling", "cls", "--prefix", "公", "--max-tokens", "20")
    assert main([*TRAIN, *told]) == 0
    written = json.loads(Path("model", "encoder.json").read_text("utf-8"))
    assert written == {
        "format_version": 2,
        "name": "plain",
        "pooling": "cls",
        "prefix": "公",
        "max_tokens": 20,
        "limit": 48,
        "dimension": 16,
        "normalised": False,
        "revision": None,
    }
    manifest = json.loads(Path("model", "manifest.json").read_text("utf-8"))
    assert manifest["encoder"].items() >= (written.items() - {("format_version", 2)})
    assert manifest["encoder"]["tuned"] is False


@pytest.mark.parametrize("command", ["train", "retrain"])
@pytest.mark.parametrize("option", [("--pooling", "cls"), ("--prefix", ""), ("--max-tokens", "9")])
def test_an_encoder_is_described_only_where_it_is_named(
    work: Path, option: tuple[str, str], command: str, capsys: Any
) -> None:
    given = [*TRAIN] if command == "train" else ["retrain", "--cases", "cases.csv"]
    for encoder in ((), ("--encoder", "none")):
        assert main([*given, *encoder, *option]) == 2
        assert f"{option[0]} describes an encoder - name it with --encoder" in capsys.readouterr().err
    assert not (work / "home").exists(), "something was trained before"


def test_an_empty_prefix_is_a_prefix(plain: Path) -> None:
    declared = {"prompts": {"query": "公"}, "default_prompt_name": "query"}
    (plain / "config_sentence_transformers.json").write_text(json.dumps(declared), "utf-8")
    given = (*TRAIN, "--encoder", "plain", "--pooling", "mean")
    assert main(given) == 0
    assert json.loads(Path("model", "encoder.json").read_text("utf-8"))["prefix"] == "公"
    shutil.rmtree("model")
    assert main([*given, "--prefix", ""]) == 0
    assert json.loads(Path("model", "encoder.json").read_text("utf-8"))["prefix"] == ""


@pytest.mark.parametrize("tokens", ["2", "0", "-5"])
def test_too_few_tokens_are_refused(plain: Path, tokens: str, capsys: Any) -> None:
    assert main([*TRAIN, "--encoder", "plain", "--pooling", "cls", f"--max-tokens={tokens}"]) == 2
    assert "give 3 or more" in capsys.readouterr().err


def test_an_unknown_pooling_is_refused(plain: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*TRAIN, "--encoder", "plain", "--pooling", "max"])
    assert ended.value.code == 2
    assert "--pooling" in capsys.readouterr().err
