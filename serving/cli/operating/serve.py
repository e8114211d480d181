"""``fenban serve``."""

from __future__ import annotations

import argparse
import contextlib
import functools
import ipaddress
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from fenban.model import InputError

from ... import worker
from ...accounts.actor import local_actor
from ...accounts.oidc_settings import OidcSettings
from ...accounts.users import first_invitation
from ...desk.deadlines.files import read_deadlines
from ...desk.deadlines.workdays import known_years
from ...http.listening import open_socket
from ...http.patience import PatientProtocol
from ...inference.memory import share_arenas
from ...settings import ServiceSettings
from ..address import note_address
from ..databases import database_of, open_database
from ..exits import DONE, say
from ..home import current_actor, home_of, model_folder_of
from ..options import add_database, add_home, add_model

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from ...desk.deadlines.rules import Deadlines

EXAMPLE = "fenban serve --port 8000"
_QUIET: dict[str, Any] = {
    "http": PatientProtocol,
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
        help="believe X-Forwarded-For and -Proto from this reverse proxy, such as 127.0.0.1 (default: none)",
    )
    sessions = parser.add_argument_group("sessions")
    sessions.add_argument(
        "--session-idle", type=_parse_hours, default=12 * 60, metavar="HOURS", help="without use (12)"
    )
    sessions.add_argument(
        "--session-whole", type=_parse_hours, default=24 * 60, metavar="HOURS", help="at most (24)"
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


def _parse_hours(hours: str) -> int:
    """Read hours such as 0.5; return minutes."""
    try:
        minutes = round(float(hours) * 60)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{hours!r} is not a number of hours, such as 12 or 0.5") from error
    return max(1, minutes)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    share_arenas()
    # a taken port is known at once, not after the starter model was trained
    with contextlib.closing(open_socket(arguments.host, arguments.port)) as listener:
        _serve(listener, arguments)
    say("Stopped. 已停止。")
    return DONE


def _serve(listener: socket.socket, arguments: argparse.Namespace) -> None:
    oidc = _read_oidc(arguments)
    deadlines = _read_deadlines_of(arguments)
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
        proxy=arguments.proxy,
    )
    invitation = _prepare_store(arguments)
    more = {**_QUIET, "proxy_headers": bool(arguments.proxy), "forwarded_allow_ips": arguments.proxy or ""}
    if arguments.workers == 1:
        serve = _prepare_one_process(settings, more)
    else:
        serve = _prepare_several(settings, arguments.workers, more)
    address = _address(arguments.host, port)
    # uvicorn raises what stopped it again once it has shut down; for a service that is the ordinary end
    with (
        contextlib.suppress(KeyboardInterrupt),
        _sigterm_as_ctrl_c(),
        note_address(home_of(arguments), address),
    ):
        _greet(address, invitation, arguments.host)
        serve(listener)


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """End on SIGTERM, as a service manager sends it, as tidily as on Ctrl+C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _read_deadlines_of(arguments: argparse.Namespace) -> Deadlines | None:
    """Read ``--deadlines``; say up to when the holidays are known, which a new edition of the library moves.

    Raises:
        InputError: the file is not as it should be.
    """
    if not arguments.deadlines:
        return None
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
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _prepare_store(arguments: argparse.Namespace) -> str | None:
    """Bring the store to the present schema; return the secret of the first administrator's link."""
    with open_database(arguments) as database, database.writing() as session:
        return first_invitation(session, local_actor(f"cli:{current_actor()}"))


def _read_oidc(arguments: argparse.Namespace) -> OidcSettings | None:
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


def _prepare_one_process(settings: ServiceSettings, more: dict[str, Any]) -> Callable[[socket.socket], None]:
    server = uvicorn.Server(uvicorn.Config(worker.create(settings), **more))
    return lambda listener: server.run(sockets=[listener])


def _prepare_several(
    settings: ServiceSettings, workers: int, more: dict[str, Any]
) -> Callable[[socket.socket], None]:
    # the settings go to the processes through a pipe: no password in an environment
    config = uvicorn.Config(
        functools.partial(worker.create, settings),
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
