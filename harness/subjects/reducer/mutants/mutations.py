"""Mutations of the reducer: a changed module of the reference as a port, and bugs built into the Haskell port."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.mutants.catalogue import Source
from harness.mutants.inject import Changed, reimporting
from harness.mutants.mutations import Mutations
from harness.mutants.sandbox import Toolchain
from harness.mutants.vocabulary import Vocabulary
from harness.panel import REFERENCE, Availability
from harness.subjects.reducer.mutants.equivalents import EQUIVALENTS
from harness.subjects.reducer.mutants.haskell import HASKELL
from harness.subjects.reducer.mutants.historical import HISTORICAL
from harness.subjects.reducer.mutants.unreachable import UNREACHABLE
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import Port, PortError
from harness.subjects.reducer.ports.process import TIMEOUT_SEC
from harness.subjects.reducer.ports.python import PythonPort
from harness.subjects.reducer.ports.registry import open_ports
from reducer.domain import CLASSES

Handler = Callable[[bytes, Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]], bytes]

WORDS = Vocabulary(
    texts=(("buy", "sell"), ("A", "B"), ("entry", "exit"), ("up", "down")),
    names=(("long_only", "short_only"),),
    prefixes=(("buy_", "sell_"),),
    suffixes=(("_a", "_b"),),
    keywords=("_a", "_b"),
    objects={"cfg", "event", "exit_order", "fill", "kind", "order", "path", "reason", "sizing", "state", "value"},
    # Leaving out a field without a default would be a TypeError.
    records={
        name: {each.name for each in fields(cls) if each.default is not MISSING}  # type: ignore[arg-type]  # dataclasses
        for name, cls in CLASSES.items()
    },
)
REDUCER = Source(
    package="reducer",
    modules=("pricing", "orders", "booking", "orphaning", "invariants", "transition", "bootstrap", "domain"),
    unreachable=UNREACHABLE,
    words=WORDS,
)
TOOLCHAIN = Toolchain(
    language="haskell",
    folder="doge-core",
    bugs=HASKELL,
    tools=("ghc", "cabal"),
    # A finished build would be useless, because GHC recompiles everything in a folder of another name.
    left_out=("dist-newstyle", "bin", ".cabal-home"),
    # Only behaviour matters, so optimisation is off.
    arguments=("--ghc-options=-O0",),
    product="bin/doge-core-exe",
    settings={"CABAL_DIR": ".cabal-home"},
)


class ReducerMutations(Mutations):
    """Mutants of the Python reference, and bugs of the Haskell port."""

    source = REDUCER
    historical = HISTORICAL
    equivalents = EQUIVALENTS
    toolchains = (TOOLCHAIN,)
    traced = True

    def inject(self, module: str, tree: ast.Module) -> ReducerPanel:
        """Open the reference and a copy with `reducer.<module>` replaced; modules already imported keep the original."""
        return ReducerPanel([PythonPort(), injected_port(module, tree)], {})

    @contextmanager
    def open_built(self, toolchain: Toolchain, built: Path, baseline: Path) -> Iterator[ReducerPanel]:
        """Open two executables: the port with a bug, and the port without it."""
        del toolchain
        exes = [shlex.quote(str(each)) for each in (built, baseline)]
        ports = open_ports((REFERENCE,), candidate_exes=exes, timeout_sec=TIMEOUT_SEC)
        try:
            yield ReducerPanel(ports, {})
        finally:
            for port in ports:
                port.close()


class MutantPort(Port):
    """The reference with one module changed, called directly."""

    name = "mutant"
    has_sessions = True

    def __init__(self, handle_line: Handler, methods: Mapping[str, Any]) -> None:
        self._handle_line = handle_line
        self._methods = methods

    def availability(self) -> Availability:
        """Return that the port is available."""
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Answer in this process. Raises `PortError` for an exception of which a server would have died."""
        try:
            return self._handle_line(line, self._methods).rstrip(b"\n")
        except Exception as error:
            raise PortError(f"died: {type(error).__name__}: {error}", f"raised {type(error).__name__}") from error


def injected_port(module: str, tree: ast.Module) -> MutantPort:
    """Return the reference with `reducer.<module>` replaced, as a port."""
    with reimporting(Changed(f"reducer.{module}", tree), ("state_machine", "reducer")):
        wire = import_module("reducer.wire")
        return MutantPort(wire.handle_line, wire.with_sessions())
