"""``fenban serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.serving.commands.options import add_home, add_model
from fenban.serving.exits import DONE, say
from fenban.serving.home import model_folder_of

if TYPE_CHECKING:
    import argparse

HELP = "open the service: the clerk's page and the API"
EXAMPLE = "fenban serve --port 8000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="default 8000; 0 takes a free one")
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市")
    add_model(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    folder = model_folder_of(arguments)
    import uvicorn

    from fenban.model.router import Router
    from fenban.serving.access import new_token
    from fenban.serving.api import create_app
    from fenban.serving.listening import open_socket
    from fenban.serving.settings import ServiceSettings

    listener = open_socket(arguments.host, arguments.port)
    port = listener.getsockname()[1]
    settings = ServiceSettings(
        model_folder=folder,
        host=arguments.host,
        port=port,
        token=new_token(),
        jurisdiction=arguments.jurisdiction,
    )
    app = create_app(Router.load(folder), settings)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    shown = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    say(f"\n  分办 is ready. Open 请打开:\n\n    http://{shown}:{port}/?token={settings.token}\n")
    say("  The link holds until the service stops (Ctrl+C). 链接在服务停止前有效。")
    uvicorn.Server(config).run(sockets=[listener])
    return DONE
