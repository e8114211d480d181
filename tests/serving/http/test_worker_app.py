"""A worker process builds the application that the parent asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING

from fenban.serving import worker as worker_app
from fenban.serving.accounts.oidc_settings import OidcSettings
from fenban.serving.settings import ServiceSettings

if TYPE_CHECKING:
    from pathlib import Path


def settings_for(model_folder: Path, tmp_path: Path) -> ServiceSettings:
    return ServiceSettings(
        model_folder=model_folder,
        database=f"sqlite:///{tmp_path}/worker.db",
        port=8100,
        jurisdiction="柳州市",
    )


def test_a_worker_serves_with_the_settings_of_its_parent(model_folder: Path, tmp_path: Path) -> None:
    settings = settings_for(model_folder, tmp_path)
    app = worker_app.create(settings)
    assert app.state.service.settings == settings
    assert app.state.service.router.version
    assert app.state.service.accounts.port == 8100
    app.state.service.database.close()


def test_a_new_process_imports_little_before_it_answers_its_parent() -> None:
    program = (
        "import sys, fenban.serving.worker, fenban.serving.settings\n"
        "print({'numpy', 'fastapi', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_settings_pass_a_pipe_and_neither_environment_nor_log(model_folder: Path) -> None:
    oidc = OidcSettings(issuer="https://id.test", client_id="fenban", client_secret="kept-from-view")
    settings = ServiceSettings(
        model_folder=model_folder, database="postgresql+psycopg://a:hidden-word@db/x", oidc=oidc
    )
    assert ForkingPickler.loads(ForkingPickler.dumps(settings)) == settings
    shown = repr(settings) + repr(dict(os.environ))
    assert "hidden-word" not in shown
    assert "kept-from-view" not in shown
