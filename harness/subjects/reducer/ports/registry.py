"""The registry of the reducer's ports."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence, Set
from importlib.metadata import entry_points
from itertools import chain, count
from pathlib import Path

from harness.engine.builds import module_files
from harness.panel import REFERENCE, UnknownPortError
from harness.subjects.reducer.ports.base import Port
from harness.subjects.reducer.ports.process import TIMEOUT_SEC, ServerPort, haskell, haskell_inproc, haskell_oneshot
from harness.subjects.reducer.ports.python import PythonPort

ENTRY_POINT_GROUP = "doge_parity.ports"

Factory = Callable[[float], Port]

BUILT_IN: dict[str, Factory] = {
    "python": lambda _timeout_sec: PythonPort(),
    "haskell": lambda timeout_sec: haskell(timeout_sec=timeout_sec),
    "haskell-inproc": lambda timeout_sec: haskell_inproc(timeout_sec=timeout_sec),
    "haskell-oneshot": lambda timeout_sec: haskell_oneshot(timeout_sec=timeout_sec),
}


def factories() -> dict[str, Factory]:
    """Return the factories of all ports, including those of other packages; built-in ports take precedence."""
    brought = {point.name: point.load() for point in entry_points(group=ENTRY_POINT_GROUP)}
    return {**brought, **BUILT_IN}


def brought_files() -> dict[str, list[Path]]:
    """Return the files of the modules that bring the ports of other packages, by the ports' names."""
    return {
        point.name: module_files(point.module) for point in entry_points(group=ENTRY_POINT_GROUP) if point.name not in BUILT_IN
    }


# A port that only some machines can have: where it is not named and not here, it is left out.
OPTIONAL = ("haskell-inproc",)


def open_ports(
    names: Sequence[str] = (), *, candidate_exes: Sequence[str] = (), timeout_sec: float = TIMEOUT_SEC
) -> list[Port]:
    """Return the named ports (or all that are to be had) and a candidate for each executable; the reference is always first.

    An executable is a path with arguments, split as by a shell, to which `--server` is appended. Raises `UnknownPortError`.
    """
    known = factories()
    wanted = list(names) or list(known)
    for name in wanted:
        if name not in known:
            raise UnknownPortError(f"no port is called {name!r}; there are {', '.join(known)}")
    ordered = [REFERENCE, *(name for name in dict.fromkeys(wanted) if name != REFERENCE)]
    ports = [known[name](timeout_sec) for name in ordered]
    ports = [port for port in ports if port.name in names or port.name not in OPTIONAL or port.availability().available]
    for text in candidate_exes:
        ports.append(_candidate(text, {port.name for port in ports}, timeout_sec))
    return ports


def _candidate(text: str, taken: Set[str], timeout_sec: float) -> Port:
    try:
        argv = shlex.split(text)
    except ValueError as error:
        raise UnknownPortError(f"--candidate-exe {text!r}: {error}; quote it as a shell would") from error
    if not argv:
        raise UnknownPortError("--candidate-exe '': name an executable")
    remedy = "name an executable file that answers `--server` as docs/wire.md says"
    stem = f"exe:{Path(argv[-1]).name}"
    name = next(name for name in chain([stem], (f"{stem}-{number}" for number in count(2))) if name not in taken)
    return ServerPort(name, [*argv, "--server"], remedy=remedy, timeout_sec=timeout_sec)
