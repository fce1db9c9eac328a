"""A PostgreSQL server of our own: an unprivileged user's, on a free port of the loopback, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

START_SEC = 30.0


class PostgresMissingError(Exception):
    """There is no server to be had here; the message says why and what to do."""


def binaries() -> Path:
    """The folder with `initdb` and `postgres`, which Debian keeps off the PATH. Raises `PostgresMissingError`."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissingError("PostgreSQL is not installed; run ./build.sh as root, or install the package postgresql")


def unprivileged() -> str | None:
    """Whom to be: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresMissingError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self._programs, self._folder, self._user = binaries(), folder, user
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://parity@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Make the data. Raises `PostgresMissingError`."""
        initdb = [self._programs / "initdb", "-D", self._folder / "data", "-U", "parity", "-A", "trust", "--no-sync"]
        try:
            subprocess.run(
                [*initdb, "-E", "UTF8", "--locale=C"], user=self._user, cwd=self._folder, check=True, capture_output=True
            )
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip()[-200:]
            raise PostgresMissingError(f"initdb failed: {said}") from error

    def start(self) -> None:
        """Start it, and wait until it answers. Raises `PostgresMissingError`."""
        command = [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self._port), "-h", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "-k", self._folder, "-c", "fsync=off"],
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _await(self._port, self._process)

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            # Fast: a plain end would wait for every client that is still connected.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SEC)
            self._process = None


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that is there as long as the context. Raises `PostgresMissingError`."""
    user = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="parity-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    try:
        server = Server(folder, user)
        server.make()
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SEC
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise PostgresMissingError(f"postgres ended with exit code {server.returncode} right after its start")
        # It listens before it lets anybody in.
        with suppress(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=port, user="parity", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise PostgresMissingError(f"postgres did not answer within {START_SEC:g} s")
