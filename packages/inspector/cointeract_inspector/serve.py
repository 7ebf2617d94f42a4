"""Runs the application on this machine."""

from __future__ import annotations

import getpass
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from threading import Timer

import uvicorn

from cointeract_inspector.app import make_app
from cointeract_inspector.errors import InspectorError
from cointeract_inspector.service import Service
from cointeract_inspector.settings import USUAL_PORT, Settings
from cointeract_inspector.web.guard import TOKEN_PARAMETER
from cointeract_inspector.web.tokens import load_tokens

BACKLOG = 128
KEEP_ALIVE_S = 75
"""Through a tunnel, a connection that is opened anew costs a round trip or two."""
CLOSE_S = 2
"""Requests that are still answered when the server is told to stop."""
OPEN_AFTER_S = 0.3


@dataclass(frozen=True)
class Address:
    """What somebody opens."""

    reviewer: str
    url: str


@dataclass(frozen=True)
class Started:
    """What is told when the server is ready to be opened."""

    addresses: tuple[Address, ...]
    tunnel: str
    """The command that makes the server reachable from the machine in front of a reviewer."""
    rows: int
    read_only: str | None
    """Why decisions of the first reviewer can't be taken, None where they can."""


def serve(settings: Settings, tell: Callable[[Started], None], *, open_browser: bool) -> None:
    """Serve until interrupted.

    Args:
        settings: what and to whom.
        tell: told once, when requests are about to be answered.
        open_browser: show the first address in this machine's browser.

    Raises:
        InspectorError: the data set can't be opened, or the port is taken.
    """
    listener = listen(settings)
    with listener:
        port = listener.getsockname()[1]
        service = Service(settings)
        tokens = load_tokens(service.cache_folder, settings.reviewers)
        config = uvicorn.Config(
            make_app(service, tokens, port),
            log_level="warning",
            access_log=False,  # an address may hold a token
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=CLOSE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        started = Started(
            tuple(
                Address(name, f"http://{url_host(settings)}:{port}/?{TOKEN_PARAMETER}={tokens.by_reviewer[name]}")
                for name in settings.reviewers
            ),
            f"ssh -N -L {port}:127.0.0.1:{port} {getpass.getuser()}@{socket.gethostname()}",
            service.live.view().database.rows,
            service.desk.read_only(settings.reviewers[0]),
        )
        tell(started)
        if open_browser:
            Timer(OPEN_AFTER_S, webbrowser.open, [started.addresses[0].url]).start()
        uvicorn.Server(config).run(sockets=[listener])


def listen(settings: Settings) -> socket.socket:
    """A socket that listens: on the port that is asked for, or on the usual one, or on any where that is taken.

    Raises:
        InspectorError: it can't.
    """
    wanted = [USUAL_PORT, 0] if settings.port is None else [settings.port]
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    for port in wanted:
        # Named as TCP, asyncio sends small answers at once; else each waits 40 ms for the other side's acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, port))
        except OSError as error:
            listener.close()
            if port == wanted[-1]:
                raise InspectorError(
                    f"can't listen on {settings.host}:{port}: {error.strerror}; choose another --port, or leave it out"
                ) from error
            continue
        listener.listen(BACKLOG)
        return listener
    raise InspectorError(f"no port of {settings.host} is free")


def url_host(settings: Settings) -> str:
    """The name in printed addresses."""
    if settings.allow_hosts:
        return settings.allow_hosts[0]
    return f"[{settings.host}]" if ":" in settings.host else settings.host
