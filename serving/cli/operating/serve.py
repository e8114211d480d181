"""``fenban serve``."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exits import DONE, say
from ..home import database_of, model_folder_of
from ..options import add_database, add_home, add_model, opened_database

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Callable

    from ...desk.deadlines.rules import Deadlines
    from ...settings import OidcSettings, ServiceSettings

HELP = "open the service: the clerk's desk and the API"
EXAMPLE = "fenban serve --port 8000"
_QUIET: dict[str, Any] = {
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "use_colors": False,  # codes of colours would be written out, see ``harmless``
    # longer than a clerk thinks and a proxy keeps its own: a close while the other sends loses a request
    "timeout_keep_alive": 75,
    # a request that takes longer when the service is told to stop is cancelled, its reading killed
    "timeout_graceful_shutdown": 15,
}
_LOOPBACKS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
_OWN_PROXIES = "127.0.0.1,::1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="default 8000; 0 takes a free one")
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市")
    parser.add_argument(
        "--deadlines", metavar="FILE", help="the city's rules of deadlines, .toml (default: shipped ones)"
    )
    parser.add_argument(
        "--workers", type=int, default=1, choices=range(1, 65), metavar="N", help="processes (default 1)"
    )
    parser.add_argument(
        "--proxy",
        metavar="ADDRESS",
        help="believe X-Forwarded-For and -Proto from this reverse proxy too (this machine's are believed)",
    )
    sessions = parser.add_argument_group("sessions")
    sessions.add_argument(
        "--session-idle", type=_minutes, default=12 * 60, metavar="HOURS", help="without use (12)"
    )
    sessions.add_argument(
        "--session-whole", type=_minutes, default=24 * 60, metavar="HOURS", help="at most (24)"
    )
    oidc = parser.add_argument_group(
        "identity provider (OpenID Connect; needs fenban[oidc])",
        "each also from the environment: FENBAN_OIDC_ISSUER, FENBAN_OIDC_CLIENT_ID, FENBAN_OIDC_SECRET_FILE",
    )
    oidc.add_argument("--oidc-issuer", metavar="URL", help="its address, as in its tokens")
    oidc.add_argument("--oidc-client-id", metavar="ID", help="what it calls this service")
    oidc.add_argument("--oidc-secret-file", metavar="FILE", help="holds the client's secret")
    oidc.add_argument(
        "--oidc-create", action="store_true", help="add people whom the provider knows, as clerks"
    )
    add_database(parser)
    add_model(parser)
    add_home(parser)


def _minutes(hours: str) -> int:
    return max(1, round(float(hours) * 60))


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from ...http.listening import open_socket
    from ...inference.memory import share_arenas

    share_arenas()
    # a taken port is known at once, not after the starter model was trained
    with contextlib.closing(open_socket(arguments.host, arguments.port)) as listener:
        _serve(listener, arguments)
    say("Stopped. 已停止。")
    return DONE


def _serve(listener: socket.socket, arguments: argparse.Namespace) -> None:
    from ...settings import ServiceSettings

    oidc = _oidc(arguments)
    deadlines = _deadlines(arguments)
    folder = model_folder_of(arguments)
    port = listener.getsockname()[1]
    settings = ServiceSettings(
        model_folder=folder,
        host=arguments.host,
        port=port,
        database=database_of(arguments),
        session_idle_minutes=arguments.session_idle,
        session_whole_minutes=arguments.session_whole,
        oidc=oidc,
        jurisdiction=arguments.jurisdiction,
        deadlines=deadlines,
    )
    invitation = _prepared_store(arguments)
    more = {**_QUIET, "forwarded_allow_ips": ",".join(filter(None, (_OWN_PROXIES, arguments.proxy)))}
    if arguments.workers == 1:
        serve = _one_process(settings, more)
    else:
        serve = _several(settings, arguments.workers, more)
    _greet(_address(arguments.host, port), invitation, arguments.host)
    # uvicorn raises Ctrl+C again once it has shut down; for a service that is the ordinary end
    with contextlib.suppress(KeyboardInterrupt):
        serve(listener)


def _deadlines(arguments: argparse.Namespace) -> Deadlines | None:
    """Read ``--deadlines``; say up to when the holidays are known, which a new edition of the library moves.

    Raises:
        InputError: the file is not as it should be.
    """
    if not arguments.deadlines:
        return None
    from ...desk.deadlines.files import read_deadlines
    from ...desk.deadlines.workdays import known_years

    found = read_deadlines(Path(arguments.deadlines))
    last = known_years()[-1]
    own = max((day.year for day in (*found.calendar.off, *found.calendar.work)), default=0)
    if own <= last:
        say(f"Holidays are known until {last}; later days count as Monday to Friday, but for the file's own.")
    return found


def _greet(address: str, invitation: str | None, host: str) -> None:
    if invitation:
        say(
            "\n  分办 is ready. Nobody can log in yet: set the administrator's password here, once,"
            f" within 24 hours\n  还没有管理员，请在 24 小时内打开这个一次性链接设置密码:\n\n"
            f"    {address}/invitation?secret={invitation}\n"
        )
    else:
        say(f"\n  分办 is ready. Open 请打开:\n\n    {address}/\n")
    if not _is_loopback(host):
        say(
            "  Passwords cross the network unencrypted unless a reverse proxy with TLS is in front."
            " 未经 HTTPS 代理时，密码明文传输。"
        )
    say("  Ctrl+C stops it. 按 Ctrl+C 停止。")


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _prepared_store(arguments: argparse.Namespace) -> str | None:
    """Bring the store to the present schema; return the secret of the first administrator's link."""
    from ...accounts.users import first_invitation
    from ..home import actor

    with opened_database(arguments) as database, database.writing() as session:
        return first_invitation(session, f"cli:{actor()}")


def _oidc(arguments: argparse.Namespace) -> OidcSettings | None:
    from fenban.model import InputError

    from ...settings import OidcSettings

    names = ("issuer", "client_id", "secret_file")
    given = {
        name: getattr(arguments, f"oidc_{name}") or os.environ.get(f"FENBAN_OIDC_{name.upper()}") or ""
        for name in names
    }
    if not any(given.values()):
        return None
    missing = [f"--oidc-{name.replace('_', '-')}" for name in names if not given[name]]
    if missing:
        raise InputError(f"the identity provider also needs {', '.join(missing)}")
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", given["issuer"]):
        raise InputError(f"--oidc-issuer {given['issuer']}: must be an https address")
    secret = Path(given["secret_file"]).read_text("utf-8").strip()
    if not secret:
        raise InputError(f"{given['secret_file']}: is empty - it must hold the client's secret")
    return OidcSettings(
        issuer=given["issuer"].rstrip("/"),
        client_id=given["client_id"],
        client_secret=secret,
        create=arguments.oidc_create,
    )


def _one_process(settings: ServiceSettings, more: dict[str, Any]) -> Callable[[socket.socket], None]:
    import uvicorn

    from ...worker import create

    server = uvicorn.Server(uvicorn.Config(create(settings), **more))
    return lambda listener: server.run(sockets=[listener])


def _several(
    settings: ServiceSettings, workers: int, more: dict[str, Any]
) -> Callable[[socket.socket], None]:
    import functools

    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from ...worker import create

    # the settings go to the processes through a pipe: no password in an environment
    config = uvicorn.Config(
        functools.partial(create, settings),
        factory=True,
        workers=workers,
        # on a busy machine starting takes longer than the usual 5 s, and a process that is taken for
        # dead while it starts is replaced by one that fares no better
        timeout_worker_healthcheck=30,
        **more,
    )
    return lambda listener: Multiprocess(config, sockets=[listener]).run()


def _address(host: str, port: int) -> str:
    """Return an address that a browser here can open, also where the service listens on all."""
    shown = _LOOPBACKS.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
