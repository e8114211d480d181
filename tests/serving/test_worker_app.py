"""A worker process builds the application that the parent asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.serving import worker_app
from fenban.serving.settings import ServiceSettings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_worker_serves_with_the_settings_of_its_parent(
    monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    monkeypatch.setenv(worker_app.VARIABLE, "")
    settings = ServiceSettings(model_folder=model_folder, token="t" * 20, port=8100, jurisdiction="柳州市")
    worker_app.hand_over(settings)
    app = worker_app.create()
    assert app.state.service.settings == settings
    assert app.state.service.router.version
