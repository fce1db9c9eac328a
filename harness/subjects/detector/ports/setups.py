"""The reference under other set-ups of the processor: other kernels of OpenBLAS, other code paths of numpy.

Both libraries choose their kernels by the processor's features when they are loaded. So each set-up has a server process of
its own, which answers this process and its forks, caches its answers, and ends with the last of them. Where the answers
differ, the reference does not define one.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Client
from typing import Any

from threadpoolctl import threadpool_info

from generators.detector.case import DetectorCase
from generators.errors import ParityError
from generators.plain import Json
from golden.detector.corpus import library_versions

SERVER_MODULE = "harness.subjects.detector.ports.setup_server"
ANSWER_SEC = 600.0


class SetupError(ParityError):
    """A set-up of the processor cannot be asked; the message says which and why."""


@dataclass(frozen=True)
class Setup:
    """A kernel of OpenBLAS, and the features of the processor that numpy must not use."""

    kernel: str
    disabled: tuple[str, ...]

    @property
    def name(self) -> str:
        """The set-up in words."""
        return f"OpenBLAS {self.kernel}, numpy without {' '.join(self.disabled) or 'nothing'}"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that select the set-up."""
        return {"OPENBLAS_CORETYPE": self.kernel, "NPY_DISABLE_CPU_FEATURES": " ".join(self.disabled)}


def features_in_use() -> tuple[str, ...]:
    """Return the features of the processor beyond numpy's baseline for which numpy has code and which it uses here."""
    core: Any = importlib.import_module("numpy._core._multiarray_umath")
    return tuple(name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name))


def setups_of(features: Sequence[str]) -> tuple[Setup, ...]:
    """Return the set-ups that a processor with these features can run, from the narrowest kernel to the widest."""
    avx_512 = tuple(name for name in features if name.startswith(("AVX512", "X86_V4")))
    avx_2 = any(name.startswith(("AVX2", "X86_V3")) for name in features)
    found = [Setup("Prescott", tuple(features))]
    if avx_2:
        found.append(Setup("Haswell", avx_512))
    if avx_512:
        found.append(Setup("SkylakeX", ()))
    return tuple(found)


class SetupServer:
    """A client of the server of one set-up. A fork may use it too: each question has a connection of its own."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        environment = {**os.environ, **setup.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", SERVER_MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._owner, self._address = os.getpid(), ""

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def address(self) -> str:
        """The address that the server listens on, once it is ready. Raises `SetupError`."""
        if not self._address:
            assert self._process.stdout is not None, "it was opened as a pipe"
            try:
                self._address = str(json.loads(self._process.stdout.readline()))
            except ValueError:
                raise SetupError(f"the reference cannot be run with {self.setup.name}; run parity doctor") from None
        return self._address

    def answer(self, case: DetectorCase) -> Json:
        """Return the reference's outcome on a case under the set-up. Raises `SetupError`."""
        try:
            with Client(self.address) as connection:
                connection.send(case)
                if not connection.poll(ANSWER_SEC):
                    raise SetupError(
                        f"{case.name}: no answer from the reference with {self.setup.name} within {ANSWER_SEC:g} s"
                    )
                kind, value = connection.recv()
        except (OSError, EOFError) as error:
            raise SetupError(f"{case.name}: no answer from the reference with {self.setup.name} ({error})") from error
        if kind == "raised":
            raise SetupError(f"{case.name}: the reference with {self.setup.name} raised {value}")
        outcome: Json = value
        return outcome

    def close(self) -> None:
        """End the server, in the process that started it."""
        if self._process.poll() is None and os.getpid() == self._owner:
            self._process.kill()
            self._process.communicate()


@cache
def other_setups() -> tuple[SetupServer, ...]:
    """Start a server for each set-up of this processor, once in a process and its forks."""
    servers = tuple(SetupServer(setup) for setup in setups_of(features_in_use()))
    atexit.register(_end, servers)
    return servers


def setup_processes() -> tuple[int, ...]:
    """Return the ids of the servers' processes, as far as they were started."""
    return tuple(server.pid for server in other_setups()) if other_setups.cache_info().currsize else ()


@cache
def setup_in_use() -> str:
    """Return what decides about the last bits of the reference here: kernels of BLAS, numpy's features, versions."""
    importlib.import_module("scipy.linalg")
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    blas = sorted({f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}" for pool in pools})
    libraries = (f"{name} {version}" for name, version in library_versions().items())
    return f"{', '.join(blas)}; numpy with {' '.join(features_in_use()) or 'its baseline'}; {', '.join(libraries)}"


def _end(servers: Sequence[SetupServer]) -> None:
    for server in servers:
        server.close()
