"""The server: an address to listen at, and an end that is no accident."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from generators.errors import ParityError

# What is still being sent when the server is told to end gets so long.
GRACE_SEC = 1
BACKLOG = 1024
# Connections that only wait cost a descriptor each.
DESCRIPTORS = 8192
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class AddressError(ParityError):
    """An address that cannot be listened at. The message says why."""


class _Server(uvicorn.Server):
    """Ends at once when told to, and does not pass the signal on: to be stopped is how a server ends.

    `ready` is called once a signal ends it so: whoever is told that it serves may end it at that moment.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals end the server while it runs."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            self.ready()
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listening(host: str, port: int) -> socket.socket:
    """A socket at an address. Raises `AddressError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise AddressError(f"--host {host}: is no address of this machine ({error})") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise AddressError(f"--host {host} --port {port}: cannot be listened at ({error.strerror}); name another") from error
    return bound


def address_of(bound: socket.socket) -> str:
    """The address for a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def run(app: ASGIApp, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until a signal ends the server; `ready` is called when one would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    config = uvicorn.Config(
        app, log_level="error", access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=GRACE_SEC
    )
    server = _Server(config, ready)
    # To whoever takes what is sent too slowly, the end is an error; to whoever ended the server, it is none.
    logging.getLogger("uvicorn.error").addFilter(lambda _: not server.should_exit)
    asyncio.run(server.serve(sockets=[bound]))
