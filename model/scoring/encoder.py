"""Sentence embeddings: an int8 ONNX graph and its tokenizer, read from a folder of three files.

Serving needs onnxruntime and tokenizers alone; torch and transformers only make the folder
(``fenban.training.encoder.checkpoints``). The graph takes token numbers and gives one vector a text, pooled
and normalised as the settings say, so that nothing but ``(n, dimension)`` numbers leaves it.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..errors import MissingExtraError, ModelFolderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

GRAPH = "encoder.onnx"
TOKENIZER = "tokenizer.json"
SETTINGS = "encoder.json"
ENCODER_FILES = (GRAPH, TOKENIZER, SETTINGS)
FORMAT_VERSION = 2
POOLINGS = ("mean", "cls", "last")  # of the tokens' vectors: their mean, the first, the last
OWN_POOLING = "graph"  # a ready graph gives one vector a text, made by means of its own
LEAST_TOKENS = 3  # a start, an end and a word
_CHARACTERS_A_TOKEN = 64  # more than any piece covers: what lies beyond could never be read
_MANY = 4  # texts from which threads of their own pay
_REMEMBERED = 256  # vectors of the latest texts


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Return what tells this encoder from every other that gives other vectors."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the raw vectors, ``(len(texts), dimension)``, in the order of the texts."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """What ``encoder.json`` holds: how a text becomes the graph's input, and what the graph makes of it.

    Args:
        name: of the checkpoint, for people.
        prefix: put before every text.
        max_tokens: read of a text, its ends included.
        dimension: of a vector.
        pooling: one of ``POOLINGS``, or ``OWN_POOLING``.
        normalised: whether the vectors have length one.
        limit: how many tokens the model could read; None where it does not say.
        revision: the commit of a checkpoint from Hugging Face.
    """

    name: str
    prefix: str
    max_tokens: int
    dimension: int
    pooling: str = "mean"
    normalised: bool = False
    limit: int | None = None
    revision: str | None = None

    def write(self, folder: Path) -> None:
        """Write ``encoder.json`` into the folder."""
        content = {"format_version": FORMAT_VERSION, **asdict(self)}
        (folder / SETTINGS).write_text(
            json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
        )

    @classmethod
    def read(cls, folder: Path) -> EncoderSettings:
        """Read ``encoder.json``; in format 1 every encoder took the mean and nothing was normalised.

        Raises:
            ModelFolderError: it is missing, damaged or written by a newer fenban.
        """
        try:
            content: dict[str, Any] = json.loads((folder / SETTINGS).read_text("utf-8"))
            version = content.pop("format_version")
            if version > FORMAT_VERSION:
                problem = f"the encoder's format {version} is newer than this fenban reads ({FORMAT_VERSION})"
                raise ModelFolderError(folder, f"{problem} - upgrade fenban")
            if version > 1 and not {"pooling", "normalised"} <= content.keys():
                raise KeyError("pooling or normalised")
            settings = cls(**content)
            _check(settings)
        except (OSError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise ModelFolderError(folder, f"{SETTINGS} cannot be read ({error})") from error
        return settings


def _check(settings: EncoderSettings) -> None:
    least = {"max_tokens": LEAST_TOKENS, "dimension": 1}
    for name, smallest in least.items():
        value = getattr(settings, name)
        if type(value) is not int or value < smallest:
            raise ValueError(f"{name} is {value!r}")
    if settings.limit is not None and (
        type(settings.limit) is not int or settings.limit < settings.max_tokens
    ):
        raise ValueError(f"limit is {settings.limit!r}")
    if not isinstance(settings.name, str) or not isinstance(settings.prefix, str):
        raise TypeError("name or prefix is no text")
    if settings.pooling not in (*POOLINGS, OWN_POOLING):
        raise ValueError(f"pooling is {settings.pooling!r}")
    if type(settings.normalised) is not bool or not isinstance(settings.revision, str | None):
        raise TypeError("normalised or revision is of the wrong kind")


class OnnxEncoder:
    """An encoder out of a folder; one object may be used by any number of threads at once."""

    def __init__(
        self,
        session: Any,
        tokenizer: Any,
        settings: EncoderSettings,
        fingerprint: str,
        folder: Path,
        threads: int = 1,
    ) -> None:
        self.folder = folder
        self._threads = threads
        self._session = session
        self._tokenizer = tokenizer
        self.settings = settings
        self._fingerprint = fingerprint
        self._latest: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> OnnxEncoder:
        """Load an encoder.

        Args:
            folder: holds ``ENCODER_FILES``; other files are ignored.
            threads: that one call may keep busy; as many as the process has cores by default.

        Raises:
            MissingExtraError: onnxruntime or tokenizers is not installed.
            ModelFolderError: a file is missing, damaged or does not fit the others.
        """
        missing = [name for name in ENCODER_FILES if not (folder / name).is_file()]
        if missing:
            raise ModelFolderError(
                folder, f"the encoder's {missing[0]} is missing - copy the whole folder again"
            )
        settings = EncoderSettings.read(folder)
        threads = threads or _cores()
        session, tokenizer = _open_session(folder, threads), _open_tokenizer(folder, settings)
        encoder = cls(session, tokenizer, settings, fingerprint_of(folder), folder, threads)
        encoder._check_fit(folder)
        return encoder

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return self.settings.dimension

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 over the encoder's files."""
        return self._fingerprint

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector a text, as the settings say it is made: ``(len(texts), dimension)``.

        A text's vector does not depend on the texts beside it: each goes through the graph alone,
        which on a CPU is no slower than a padded batch. Where there is no token, it is zero.
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if len(texts) < _MANY or self._threads == 1:
            vectors[:] = [self._vector(text) for text in texts] or 0
        else:  # a text a thread wastes less on waiting than all threads on one text
            with ThreadPoolExecutor(self._threads) as pool:
                vectors[:] = list(pool.map(self._vector, texts))
        return vectors

    def _vector(self, text: str) -> NDArray[np.float32]:
        """Return a text's vector; a matter is read for its suggestion and again to find its likes."""
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        with self._lock:
            known = self._latest.get(digest)
        if known is not None:
            return known
        numbers = self._token_numbers(text)
        vector = self._run(numbers) if numbers else np.zeros(self.dimension, dtype=np.float32)
        with self._lock:
            self._latest[digest] = vector
            if len(self._latest) > _REMEMBERED:
                self._latest.popitem(last=False)
        return vector

    def _token_numbers(self, text: str) -> list[int]:
        longest = _CHARACTERS_A_TOKEN * self.settings.max_tokens
        # a half surrogate cannot be written as UTF-8, which is what the tokenizer reads
        readable = text[:longest].encode("utf-8", "replace").decode("utf-8")
        numbers: list[int] = self._tokenizer.encode(self.settings.prefix + readable).ids
        return numbers

    def _run(self, numbers: list[int]) -> NDArray[np.float32]:
        (vectors,) = self._session.run(None, {"input_ids": np.array([numbers], dtype=np.int64)})
        return np.asarray(vectors[0], dtype=np.float32)

    def _check_fit(self, folder: Path) -> None:
        """Encode the longest text allowed, so that files which do not fit are refused when loading."""
        try:
            last = self._tokenizer.get_vocab_size() - 1
            shape = self._run([last] * self.settings.max_tokens).shape
        except Exception as error:  # onnxruntime's errors have no base of their own
            problem = f"the encoder's files do not fit together ({_first_line(error)})"
            raise ModelFolderError(folder, problem) from error
        if shape != (self.dimension,):
            raise ModelFolderError(
                folder, f"the encoder gives {shape} where ({self.dimension},) was promised"
            )


def fingerprint_of(folder: Path) -> str:
    """Return the SHA-256 over the files of an encoder."""
    whole = hashlib.sha256()
    for name in ENCODER_FILES:
        with (folder / name).open("rb") as source:
            whole.update(hashlib.file_digest(source, "sha256").digest())
    return whole.hexdigest()


def _cores() -> int:
    """Return how many cores this process may use, which a container may have limited."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _open_session(folder: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("onnxruntime", "encoder") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # threads that spin while they wait would keep the cores of an idle service busy
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise ModelFolderError(folder, f"{GRAPH} cannot be read ({_first_line(error)})") from error


def _open_tokenizer(folder: Path, settings: EncoderSettings) -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("tokenizers", "encoder") from error
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings.max_tokens)
    except Exception as error:  # what tokenizers raises is a bare Exception
        raise ModelFolderError(folder, f"{TOKENIZER} cannot be read ({_first_line(error)})") from error
    return tokenizer


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
