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
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a server that is there as long as the context. Raises `PostgresMissingError`."""
    programs, user = binaries(), unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="parity-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    port, data = free_port(), folder / "data"
    try:
        initdb = [programs / "initdb", "-D", data, "-U", "parity", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run(initdb, user=user, cwd=folder, check=True, capture_output=True)
        command = [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
        server = subprocess.Popen(command, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(port, server)
            yield f"postgresql+psycopg://parity@127.0.0.1:{port}/postgres"
        finally:
            # Fast: a plain end would wait for every client that is still connected.
            server.send_signal(signal.SIGINT)
            server.wait(START_SEC)
    except subprocess.CalledProcessError as error:
        raise PostgresMissingError(f"initdb failed: {error.stderr.decode(errors='replace').strip()[-200:]}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SEC
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise PostgresMissingError(f"postgres ended with exit code {server.returncode} right after its start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise PostgresMissingError(f"postgres did not listen within {START_SEC:g} s")
