"""``fenban serve``."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from fenban.serving.commands.options import add_home, add_model
from fenban.serving.exits import DONE, say
from fenban.serving.home import model_folder_of

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Callable

    from fenban.serving.settings import ServiceSettings

HELP = "open the service: the clerk's page and the API"
EXAMPLE = "fenban serve --port 8000"
_QUIET: dict[str, Any] = {"log_level": "warning", "access_log": False, "server_header": False}
_LOOPBACKS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="default 8000; 0 takes a free one")
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市")
    parser.add_argument(
        "--workers", type=int, default=1, choices=range(1, 65), metavar="N", help="processes (default 1)"
    )
    add_model(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from fenban.serving.listening import open_socket

    # a taken port is known at once, not after the starter model was trained
    with contextlib.closing(open_socket(arguments.host, arguments.port)) as listener:
        _serve(listener, arguments)
    say("Stopped. 已停止。")
    return DONE


def _serve(listener: socket.socket, arguments: argparse.Namespace) -> None:
    folder = model_folder_of(arguments)
    from fenban.serving.access import new_token
    from fenban.serving.settings import ServiceSettings

    port = listener.getsockname()[1]
    settings = ServiceSettings(
        model_folder=folder,
        host=arguments.host,
        port=port,
        token=new_token(),
        jurisdiction=arguments.jurisdiction,
    )
    serve = _one_process(settings) if arguments.workers == 1 else _several(settings, arguments.workers)
    say(f"\n  分办 is ready. Open 请打开:\n\n    {_address(arguments.host, port)}/?token={settings.token}\n")
    say("  The link holds until the service stops (Ctrl+C). 链接在服务停止前有效。")
    # uvicorn raises Ctrl+C again once it has shut down; for a service that is the ordinary end
    with contextlib.suppress(KeyboardInterrupt):
        serve(listener)


def _one_process(settings: ServiceSettings) -> Callable[[socket.socket], None]:
    import uvicorn

    from fenban.serving.api import create_app
    from fenban.training.trials import load_router

    app = create_app(load_router(settings.model_folder), settings)
    server = uvicorn.Server(uvicorn.Config(app, **_QUIET))
    return lambda listener: server.run(sockets=[listener])


def _several(settings: ServiceSettings, workers: int) -> Callable[[socket.socket], None]:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from fenban.serving.worker_app import hand_over

    hand_over(settings)
    config = uvicorn.Config("fenban.serving.worker_app:create", factory=True, workers=workers, **_QUIET)
    return lambda listener: Multiprocess(config, sockets=[listener]).run()


def _address(host: str, port: int) -> str:
    """Return an address that a browser here can open, also where the service listens on all."""
    shown = _LOOPBACKS.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
