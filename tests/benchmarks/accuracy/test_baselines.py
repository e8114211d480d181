"""The baselines on forty-eight invented texts: they learn, rank and say how sure they are."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.benchmarks.accuracy import baseline
from fenban.benchmarks.accuracy.bags import FastText, TfidfLinearSvc, cut
from fenban.benchmarks.accuracy.transformer import PlainFineTune, Recipe, batches
from fenban.model.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fenban.benchmarks.accuracy.scoring import Baseline

_SAID = {
    "交通运输局": ("公交车总是等很久才来一趟", "公交站牌没有更新，班次也减少了", "出租车半路甩客还不给发票"),
    "城市管理局": ("夜市占道经营，油烟和垃圾没人管", "流动摊贩把人行道占满了", "垃圾堆了一周没有清运"),
    "人力资源和社会保障局": ("工地老板拖欠三个月工资", "饭店拖欠工资不发", "干了半年不签劳动合同"),
    "教育局": ("小学课后托管收费不透明", "中学食堂饭菜质量差，老师不管", "幼儿园放假了还收餐费"),
}
_PLACES = ("青秀区", "兴宁区", "江南区", "良庆区")
TEXTS = [place + text for texts in _SAID.values() for text in texts for place in _PLACES]
LABELS = [name for name, texts in _SAID.items() for _ in texts for _ in _PLACES]
HALF = len(TEXTS) // 2
FEW = 1000  # buckets: filling two million takes seconds


def needs(*libraries: str) -> pytest.MarkDecorator:
    missing = [name for name in libraries if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"NOT TESTED: {missing} not installed (extras bench, neural)"
    )


def check(made: Baseline, *, top1: float) -> None:
    made.fit(TEXTS, LABELS)
    found = made.rank(TEXTS)
    assert all(len(set(names)) == 3 and set(names) <= set(LABELS) for names in found.names)
    assert ((found.confidence > 0) & (found.confidence <= 1)).all()
    right = [names[0] == label for names, label in zip(found.names, LABELS, strict=True)]
    assert np.mean(right) >= top1


@pytest.mark.slow
def test_linear_svc_learns() -> None:
    check(TfidfLinearSvc(), top1=1)


def test_linear_svc_of_two_classes_ranks_both() -> None:
    made = TfidfLinearSvc()
    made.fit(TEXTS[:HALF], LABELS[:HALF])
    found = made.rank(TEXTS[:HALF])
    assert [names[0] for names in found.names] == LABELS[:HALF]
    assert all(sorted(names) == sorted(set(LABELS[:HALF])) for names in found.names)
    assert (found.confidence > 0.5).all()


@needs("fasttext")
def test_fasttext_learns() -> None:
    check(FastText(FEW), top1=0.9)


@needs("fasttext")
def test_fasttext_has_an_answer_to_a_text_of_nothing_it_knows() -> None:
    made = FastText(FEW)
    made.fit(TEXTS, LABELS)
    found = made.rank(["", "\n \n"])
    assert found.confidence.shape == (2,)
    assert len(found.names) == 2


def test_fasttext_names_the_extra_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(MissingExtraError, match=r"fenban\[bench\]"):
        FastText()


def test_words_are_cut_without_blanks_and_line_ends() -> None:
    assert cut("路灯 坏了\n三天") == ["路灯", "坏", "了", "三天"]


def test_every_row_comes_once_in_batches_of_similar_length() -> None:
    lengths = [i % 50 for i in range(1000)]
    found = list(batches(lengths, np.random.default_rng(1)))
    assert sorted(np.concatenate(found).tolist()) == list(range(1000))
    spread = [max(lengths[i] for i in rows) - min(lengths[i] for i in rows) for rows in found]
    assert max(spread) <= 5


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A transformer of one layer that knows single characters and has learnt nothing."""
    import torch

    # threads that wait for one another on a busy machine cost more than they give
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel

    characters = sorted(set("".join(TEXTS)))
    words = {name: i for i, name in enumerate(["[PAD]", "[UNK]", *characters])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    torch.manual_seed(1)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(words), **shape)).save_pretrained(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def tiny_numbers_stay() -> Iterator[None]:
    """A fine-tune flushes denormal numbers in its process, which is this one here."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.mark.slow
@needs("torch", "transformers")
def test_a_plain_fine_tune_learns_and_leaves_the_word_embeddings(checkpoint: Path) -> None:
    made = PlainFineTune(Recipe(checkpoint, epochs=40, rate=5e-3))
    words = made._model.get_input_embeddings().weight
    before = words.detach().clone()
    check(made, top1=0.9)
    assert bool((words == before).all())


@pytest.mark.slow
@needs("torch", "transformers")
def test_the_word_embeddings_can_be_trained_too(checkpoint: Path) -> None:
    made = PlainFineTune(Recipe(checkpoint, epochs=1, frozen_words=False))
    words = made._model.get_input_embeddings().weight
    before = words.detach().clone()
    made.fit(TEXTS, LABELS)
    assert not bool((words == before).all())


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    rows = [{"text": text, "承办职能": label} for text, label in zip(TEXTS, LABELS, strict=True)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.slow
def test_the_command_prints_one_object(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--train", str(table), "--score", str(table), "--label", "function"]
    assert baseline.main(["linearsvc", *files]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["top1"] == 1
    assert found["n"] == len(TEXTS)
    assert {"train_s", "fit_s", "held_back_s", "texts_per_second", "auto_share"} <= set(found)


@pytest.mark.parametrize(
    ("name", "label", "said"),
    [("linearsvc", "topic", "no text with a topic"), ("transformer", "function", "--checkpoint")],
)
def test_the_command_says_in_one_line_why_it_cannot(
    table: Path, capsys: pytest.CaptureFixture[str], name: str, label: str, said: str
) -> None:
    files = ["--train", str(table), "--score", str(table), "--label", label]
    assert baseline.main([name, *files]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert printed.err.count("\n") == 1
