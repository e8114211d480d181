"""The starter model, trained once for the whole run; the same examples in every run."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

import pytest
import uvicorn
from filelock import FileLock
from hypothesis import HealthCheck, settings

from fenban.model import Router
from fenban.model.artifact.folder import save
from fenban.training.starter import train_starter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

# a busy machine is no failure
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def without_the_default_encoder() -> Iterator[None]:
    """A training that names no encoder takes none: making the default one for each costs half a minute.

    What runs in a process of its own takes it, as users do.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fenban.serving.jobs.encoders.default_encoder", lambda: "none")
        yield


@pytest.fixture(scope="session")
def starter_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a model of the shipped cases and the shipped directory; one for all processes."""
    together = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        together = together.parent
    folder = together / "starter-model"
    with FileLock(together / "starter-model.lock"):
        if not folder.exists():
            save(train_starter(), folder)
    return folder


@pytest.fixture(scope="session")
def starter_router(starter_folder: Path) -> Router:
    return Router.load(starter_folder)


@contextlib.contextmanager
def _served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            assert time.monotonic() < deadline, "the service took too long to start"
            time.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


@pytest.fixture(scope="session")
def served() -> Callable[[FastAPI, socket.socket], contextlib.AbstractContextManager[None]]:
    """Run an application behind a listening socket, in a thread of its own, as long as the context lasts."""
    return _served


PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"路灯坏了工资拖欠垃圾公交车占道。，")


@pytest.fixture(scope="session")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a transformer of four layers with sixteen numbers a token, weights at random."""
    torch = pytest.importorskip("torch")
    tokenizers = pytest.importorskip("tokenizers")
    from fenban.training.encoder.checkpoints import quiet_transformers

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    with quiet_transformers() as transformers:
        torch.manual_seed(2)
        config = transformers.BertConfig(
            vocab_size=len(PIECES),
            hidden_size=16,
            num_hidden_layers=4,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=48,
        )
        model = transformers.BertModel(config)
        for name, weights in model.named_parameters():
            if weights.ndim > 1:  # layers that change little, so that the words still show at the top
                torch.nn.init.normal_(weights, std=1.0 if "word" in name else 0.1)
        model.save_pretrained(folder)
    words = {word: number for number, word in enumerate(PIECES)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}', "utf-8")
    return folder
