"""Vectors of texts already embedded, so that retraining embeds only what is new.

A file for every encoder, named by its fingerprint, with hashes of texts and vectors: no text is in
it. Vectors are rounded to float16 whether they come from the file or not, so that a training gives
the same model with the cache and without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ..progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fenban.model import Encoder

    from ..progress import Progress

MOST_VECTORS = 400_000  # of 384 numbers: 320 MB
_STEP = "embedding texts"
_PORTION = 64
_KEPT_EVERY = 4096  # a training that is cut short has not embedded for nothing
_KEY = 16  # bytes of a text's SHA-256
_LARGEST = float(np.finfo(np.float16).max)


class EmbeddingCache:
    """A folder of vectors; without a folder nothing is kept, and the results are the same.

    Args:
        folder: made where it does not exist; several processes may share it.
        most: how many vectors are kept for an encoder; the oldest go first.
    """

    def __init__(self, folder: Path | None, most: int = MOST_VECTORS) -> None:
        self.folder = folder
        self.most = most

    def embed(
        self, encoder: Encoder, texts: Sequence[str], progress: Progress = silent
    ) -> NDArray[np.float32]:
        """Return the vectors of the texts, ``(len(texts), dimension)``, at float16's precision.

        A file that is damaged counts as empty; one that cannot be written is done without.
        """
        keys = [_key(text) for text in texts]
        known = self._read(encoder)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        fresh: dict[bytes, NDArray[np.float16]] = {}
        waiting = list(missing.items())
        for start in range(0, len(waiting), _PORTION):
            progress(_STEP, start, len(waiting))
            portion = dict(waiting[start : start + _PORTION])
            fresh.update(zip(portion, _round(encoder.encode(list(portion.values()))), strict=True))
            if len(fresh) % _KEPT_EVERY == 0:
                self._keep(encoder, fresh)
        if fresh:
            progress(_STEP, len(missing), len(missing))
            self._keep(encoder, fresh)
        found = {**known, **fresh}
        rows = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
        for row, key in enumerate(keys):
            rows[row] = found[key]
        return rows

    def _path(self, encoder: Encoder) -> Path | None:
        return None if self.folder is None else self.folder / f"{encoder.fingerprint[:32]}.safetensors"

    def _read(self, encoder: Encoder) -> dict[bytes, NDArray[np.float16]]:
        path = self._path(encoder)
        if path is None or not path.is_file():
            return {}
        try:
            arrays = load_file(path)
            keys, vectors = arrays["keys"], arrays["vectors"]
        except (SafetensorError, OSError, KeyError):
            return {}
        sound = (
            keys.dtype == np.uint8
            and vectors.dtype == np.float16
            and keys.shape == (len(vectors), _KEY)
            and vectors.shape[1:] == (encoder.dimension,)
            and bool(np.isfinite(vectors).all())
        )
        return dict(zip((key.tobytes() for key in keys), vectors, strict=True)) if sound else {}

    def _keep(self, encoder: Encoder, fresh: dict[bytes, NDArray[np.float16]]) -> None:
        path = self._path(encoder)
        if path is None:
            return
        with contextlib.suppress(OSError):  # a full or read-only disk costs time, no result
            path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(path.with_suffix(".lock")):
                # what another process has kept meanwhile stays; the newest stand last
                kept = {key: v for key, v in self._read(encoder).items() if key not in fresh} | fresh
                _write(path, dict(list(kept.items())[-self.most :]))


def _write(path: Path, vectors: dict[bytes, NDArray[np.float16]]) -> None:
    keys = np.frombuffer(b"".join(vectors), dtype=np.uint8).reshape(-1, _KEY)
    content = save({"keys": keys, "vectors": np.stack(list(vectors.values()))})
    handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def _round(vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    return np.clip(vectors, -_LARGEST, _LARGEST).astype(np.float16)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY]
