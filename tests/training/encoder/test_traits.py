"""What a folder says of itself is read, what it does not say is asked for, and what is told goes first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fenban.model.errors import InputError
from fenban.training.encoder.options import AS_DECLARED, EncoderOptions
from fenban.training.encoder.traits import MAX_TOKENS, Traits, read_limit, read_traits

if TYPE_CHECKING:
    from pathlib import Path

POOLING = "1_Pooling/config.json"
PROMPTS = "config_sentence_transformers.json"
MEAN = {POOLING: {"pooling_mode_mean_tokens": True}}


def write(folder: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, "utf-8")
    return folder


def traits(
    folder: Path, files: dict[str, object], options: EncoderOptions = AS_DECLARED, name: str = "tiny"
) -> Traits:
    return read_traits(write(folder, files), name, options)


@pytest.mark.parametrize(
    ("content", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_lasttoken": True, "include_prompt": True}, "last"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["lasttoken"], "embedding_dimension": 4}, "last"),
    ],
)
def test_the_pooling_is_the_declared_one(tmp_path: Path, content: object, pooling: str) -> None:
    assert traits(tmp_path, {POOLING: content}).pooling == pooling


@pytest.mark.parametrize("files", [{}, {POOLING: {"word_embedding_dimension": 16}}, {"config.json": {}}])
def test_an_undeclared_pooling_is_asked_for(tmp_path: Path, files: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"tiny does not say.*--pooling mean, cls or last") as caught:
        traits(tmp_path, files)
    assert "\n" not in str(caught.value)
    assert traits(tmp_path, files, EncoderOptions(pooling="cls")).pooling == "cls"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"pooling_mode_max_tokens": True}, "max_tokens"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, "cls, mean|mean, cls"),
        ({"pooling_mode": "weightedmean"}, "weightedmean"),
    ],
)
def test_a_pooling_fenban_does_not_know_is_named(tmp_path: Path, content: object, named: str) -> None:
    with pytest.raises(InputError, match=rf"{named}.*--pooling"):
        traits(tmp_path, {POOLING: content})
    assert traits(tmp_path, {POOLING: content}, EncoderOptions(pooling="last")).pooling == "last"


@pytest.mark.parametrize(
    ("content", "prefix"),
    [
        (
            {"prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": "query"},
            "query: ",
        ),
        ({"prompts": {"query": "", "document": ""}, "default_prompt_name": None}, ""),
        ({"prompts": {}, "default_prompt_name": None}, ""),
        ({"__version__": {}}, ""),
    ],
)
def test_the_prefix_is_the_default_prompt(tmp_path: Path, content: object, prefix: str) -> None:
    assert traits(tmp_path, {**MEAN, PROMPTS: content}).prefix == prefix
    told = EncoderOptions(prefix="读：")
    assert traits(tmp_path, {**MEAN, PROMPTS: content}, told).prefix == "读："


def test_several_prompts_without_a_default_are_asked_for(tmp_path: Path) -> None:
    files = {
        **MEAN,
        PROMPTS: {"prompts": {"query": "Instruct: ", "document": ""}, "default_prompt_name": None},
    }
    with pytest.raises(InputError, match=r"query: 'Instruct: '.*--prefix TEXT"):
        traits(tmp_path, files)
    assert traits(tmp_path, files, EncoderOptions(prefix="")).prefix == ""


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("intfloat-multilingual-e5-base", {}),
        ("my-model", {"_name_or_path": "intfloat/e5-large-v2"}),
    ],
)
def test_a_model_known_to_want_a_prefix_is_not_read_without_one(
    tmp_path: Path, name: str, config: dict[str, object]
) -> None:
    files: dict[str, object] = {**MEAN, "config.json": config}
    with pytest.raises(InputError, match="--prefix 'query: '"):
        traits(tmp_path, files, name=name)
    assert traits(tmp_path, files, EncoderOptions(prefix="query: "), name).prefix == "query: "
    assert traits(tmp_path, {**files, "config.json": {}}, name="some-model-ge5").prefix == ""


def test_a_prompt_left_out_of_the_pooling_is_refused(tmp_path: Path) -> None:
    files: dict[str, object] = {
        POOLING: {"pooling_mode_mean_tokens": True, "include_prompt": False},
        PROMPTS: {"prompts": {"query": "query: "}, "default_prompt_name": "query"},
    }
    with pytest.raises(InputError, match="include_prompt"):
        traits(tmp_path, files)
    assert traits(tmp_path, files, EncoderOptions(prefix="")).pooling == "mean"


def test_modules_name_the_folders_and_the_normalisation(tmp_path: Path) -> None:
    kinds = {"0_Transformer": "Transformer", "pool": "Pooling", "norm": "Normalize"}
    modules = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in kinds.items()]
    files: dict[str, object] = {
        "modules.json": modules,
        "pool/config.json": {"pooling_mode_cls_token": True},
        "0_Transformer/sentence_bert_config.json": {"max_seq_length": 32},
    }
    assert traits(tmp_path, files) == Traits("cls", "", True, 32, 32)


def test_a_module_that_is_not_applied_is_refused_by_name(tmp_path: Path) -> None:
    modules = [{"path": "", "type": "sentence_transformers.models.Transformer"}]
    files: dict[str, object] = {
        **MEAN,
        "modules.json": [*modules, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}],
    }
    with pytest.raises(InputError, match=r"module that fenban does not apply \(Dense\)"):
        traits(tmp_path, files, EncoderOptions(pooling="mean"))


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        (
            {
                "sentence_bert_config.json": {"max_seq_length": 128},
                "config.json": {"max_position_embeddings": 512},
            },
            128,
        ),
        ({"tokenizer_config.json": {"model_max_length": 256}}, 256),
        ({"tokenizer_config.json": {"model_max_length": 10**30}}, None),
        (
            {"config.json": {"max_position_embeddings": 514, "model_type": "xlm-roberta", "pad_token_id": 1}},
            512,
        ),
        ({"config.json": {"text_config": {"max_position_embeddings": 2048}}}, 2048),
        ({"sentence_bert_config.json": {"max_seq_length": None}}, None),
    ],
)
def test_the_least_of_the_declared_lengths_is_the_limit(
    tmp_path: Path, files: dict[str, object], limit: int | None
) -> None:
    assert read_limit(write(tmp_path, files)) == limit
    read = traits(tmp_path, MEAN)
    assert (read.limit, read.max_tokens) == (limit, MAX_TOKENS if limit is None else min(limit, MAX_TOKENS))


def test_as_many_tokens_as_are_asked_for_are_read_and_no_more_than_the_model_can(tmp_path: Path) -> None:
    files: dict[str, object] = {**MEAN, "config.json": {"max_position_embeddings": 512}}
    assert traits(tmp_path, files).max_tokens == MAX_TOKENS
    assert traits(tmp_path, files, EncoderOptions(max_tokens=512)).max_tokens == 512
    with pytest.raises(InputError, match="tiny reads 512 tokens at most - give --max-tokens 512 or less"):
        traits(tmp_path, files, EncoderOptions(max_tokens=513))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("modules.json", "{"),
        ("modules.json", '{"a": 1}'),
        ("modules.json", "[1]"),
        ("modules.json", '[{"path": "../x", "type": "Pooling"}]'),
        ("modules.json", '[{"path": "/etc", "type": "Transformer"}]'),
        (POOLING, "[]"),
        (POOLING, "[" * 100_000),
        (PROMPTS, '{"prompts": [1]}'),
        (PROMPTS, '{"prompts": {"query": 3}, "default_prompt_name": "query"}'),
        ("config.json", "\ufffe"),
    ],
)
def test_damaged_files_are_named_in_one_line(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(InputError, match=name.rsplit("/", 1)[-1].replace(".", r"\.")) as caught:
        traits(tmp_path, {**MEAN, name: content})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "named"), [({"pooling": "max"}, "--pooling max"), ({"max_tokens": 2}, "--max-tokens 2")]
)
def test_options_that_make_no_sense_are_refused(given: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        EncoderOptions(**given)  # type: ignore[arg-type]
