"""An encoder of twelve pieces whose vectors can be worked out by hand: the mean of table rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fenban.model.errors import MissingExtraError, ModelFolderError
from fenban.model.scoring.encoder import ENCODER_FILES, EncoderSettings, OnnxEncoder

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "路", "灯", "坏", "了", "工", "资", "水", "电")
DIMENSION = 3
TABLE = np.random.default_rng(3).normal(size=(len(PIECES), DIMENSION)).astype(np.float32)
LIMIT = 8


def write_encoder(folder: Path, table: np.ndarray = TABLE, dimension: int = DIMENSION) -> Path:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("ReduceMean", ["rows"], ["vectors"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", table.shape[1]])],
        [numpy_helper.from_array(table, "table")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(folder / "encoder.onnx"))
    tokenizer = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(PIECES)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    EncoderSettings("tiny", "水", LIMIT, dimension).write(folder)
    return folder


def by_hand(text: str) -> np.ndarray:
    known = {piece: n for n, piece in enumerate(PIECES)}
    numbers = [known.get(character, 1) for character in f"水{text}"][: LIMIT - 2]
    return np.asarray(TABLE[[2, *numbers, 3]].mean(axis=0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_encoder(tmp_path)


def test_a_vector_is_the_raw_mean_over_prefix_text_and_ends(folder: Path) -> None:
    texts = ["路灯坏了", "工资", "", "x"]
    vectors = OnnxEncoder.load(folder).encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [by_hand(text) for text in texts], rtol=1e-5)


def test_what_lies_beyond_the_limit_is_not_read(folder: Path) -> None:
    encoder = OnnxEncoder.load(folder)
    long = "路灯坏了工" + "资" * 100_000
    np.testing.assert_array_equal(encoder.encode([long])[0], encoder.encode(["路灯坏了工"])[0])
    np.testing.assert_allclose(encoder.encode([long])[0], by_hand(long), rtol=1e-5)


def test_a_vector_does_not_depend_on_the_texts_beside_it(folder: Path) -> None:
    encoder = OnnxEncoder.load(folder)
    texts = ["路灯坏了", "电", "工资工资", "", "路灯坏了"]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)
    assert encoder.encode([]).shape == (0, DIMENSION)


def test_a_text_read_again_is_not_run_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fenban.model.scoring.encoder._REMEMBERED", 2)
    encoder = OnnxEncoder.load(folder, threads=1)
    runs: list[int] = []
    run = encoder._run
    monkeypatch.setattr(encoder, "_run", lambda numbers: runs.append(1) or run(numbers))
    first = encoder.encode(["路灯", "工资"])
    first[0] = 0  # the caller's own copy
    again = encoder.encode(["工资", "路灯"])
    assert len(runs) == 2
    assert np.allclose(again[1], by_hand("路灯"))
    encoder.encode(["水电"])  # the oldest is forgotten
    encoder.encode(["路灯"])
    assert len(runs) == 4


def test_half_a_surrogate_is_read_as_an_unknown_character(folder: Path) -> None:
    encoder = OnnxEncoder.load(folder)
    np.testing.assert_array_equal(encoder.encode(["路\ud83d灯"]), encoder.encode(["路?灯"]))


def test_without_any_token_the_vector_is_zero(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    content["post_processor"] = None
    (folder / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    EncoderSettings("tiny", "", LIMIT, DIMENSION).write(folder)
    assert not OnnxEncoder.load(folder).encode([""]).any()


def test_threads_may_share_an_encoder(folder: Path) -> None:
    encoder = OnnxEncoder.load(folder, threads=2)
    texts = ["路灯坏了", "工资", "电", "水水水"] * 5
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(encoder.encode, [texts] * 16):
            np.testing.assert_allclose(vectors, [by_hand(text) for text in texts], rtol=1e-5)


def test_the_fingerprint_is_that_of_the_files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = Path(shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "encoder"))
    (copy / "README.txt").write_text("beside the encoder", "utf-8")
    first = OnnxEncoder.load(folder).fingerprint
    assert OnnxEncoder.load(copy).fingerprint == first
    EncoderSettings("tiny", "电", LIMIT, DIMENSION).write(copy)
    assert OnnxEncoder.load(copy).fingerprint != first


@pytest.mark.parametrize("name", ENCODER_FILES)
@pytest.mark.parametrize("damage", ["missing", "short", "empty", "noise"])
def test_a_damaged_file_is_named(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    changed = {"short": whole[: len(whole) // 2], "empty": b"", "noise": b"\xff\x00" * 50}
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(changed[damage])
    with pytest.raises(ModelFolderError, match=rf"{name}|do not fit"):
        OnnxEncoder.load(folder)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format_version": 99}, "newer"),
        ({"max_tokens": 1}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"dimension": "3"}, "dimension"),
        ({"prefix": None}, "prefix"),
        ({"pooling": "max"}, "pooling"),
        ({"normalised": 1}, "normalised"),
        ({"limit": LIMIT - 1}, "limit"),
        ({"limit": True}, "limit"),
        ({"revision": 5}, "revision"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    folder: Path, change: dict[str, object], problem: str
) -> None:
    path = folder / "encoder.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(ModelFolderError, match=problem):
        OnnxEncoder.load(folder)


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    settings = EncoderSettings("some-model", "问：", 64, 3, "last", True, 512, "v1.0")
    settings.write(tmp_path)
    assert EncoderSettings.read(tmp_path) == settings


def test_settings_of_format_1_mean_the_mean(folder: Path) -> None:
    """0.1 knew one pooling, normalised nothing and wrote neither down."""
    path = folder / "encoder.json"
    old = {"format_version": 1, "name": "tiny", "prefix": "水", "max_tokens": LIMIT, "dimension": DIMENSION}
    path.write_text(json.dumps(old), "utf-8")
    encoder = OnnxEncoder.load(folder)
    assert (encoder.settings.pooling, encoder.settings.normalised, encoder.settings.limit) == (
        "mean",
        False,
        None,
    )
    np.testing.assert_allclose(encoder.encode(["路灯"]), [by_hand("路灯")], rtol=1e-5)
    path.write_text(json.dumps(old | {"format_version": 2}), "utf-8")
    with pytest.raises(ModelFolderError, match="pooling or normalised"):
        OnnxEncoder.load(folder)


def test_a_graph_of_another_size_is_refused(folder: Path) -> None:
    EncoderSettings("tiny", "", LIMIT, DIMENSION + 1).write(folder)
    with pytest.raises(ModelFolderError, match="was promised"):
        OnnxEncoder.load(folder)


def test_a_graph_with_fewer_pieces_than_the_tokenizer_is_refused(tmp_path: Path) -> None:
    write_encoder(tmp_path, TABLE[:6])
    with pytest.raises(ModelFolderError, match="do not fit together"):
        OnnxEncoder.load(tmp_path)


@pytest.mark.parametrize("library", ["onnxruntime", "tokenizers"])
def test_a_missing_library_is_named_with_the_command(
    folder: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        MissingExtraError, match=rf"{library} is not installed.*pip install 'fenban\[encoder\]'"
    ):
        OnnxEncoder.load(folder)


def test_serving_loads_neither_torch_nor_transformers(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from fenban.model.scoring.encoder import OnnxEncoder;"
        "OnnxEncoder.load(Path(sys.argv[1])).encode(['路灯']);"
        "print(sorted({'torch', 'transformers', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
