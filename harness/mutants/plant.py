"""A changed module of the reference, imported into this process beside the true one, and reached as a port."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

from harness.subjects.detector.ports.modules import HOW_TO_GET_REFERENCE, DetectorPort, names_of
from harness.subjects.reducer.ports.base import Availability, Port, PortError

Handler = Callable[[bytes, Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]], bytes]


class Changed(MetaPathFinder, Loader):
    """Finds one module of the reference, and loads it from its changed tree. Nothing is written anywhere."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.code = compile(tree, f"<mutant of {module}>", "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The changed module, if it is the one that is wanted."""
        return spec_from_loader(fullname, self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code."""
        exec(self.code, module.__dict__)


class MutantPort(Port):
    """The reference with one module changed, called directly."""

    name = "mutant"
    has_sessions = True

    def __init__(self, handle_line: Handler, methods: Mapping[str, Any]) -> None:
        self._handle_line = handle_line
        self._methods = methods

    def availability(self) -> Availability:
        """Always here, once it is planted."""
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Answer in this process; where a server would have died of an exception, say so."""
        try:
            return self._handle_line(line, self._methods).rstrip(b"\n")
        except Exception as error:
            raise PortError(f"died: {type(error).__name__}: {error}") from error


def plant(module: str, tree: ast.Module) -> MutantPort:
    """The reference with `reducer.<module>` replaced. What is imported already keeps the true one."""
    with anew(Changed(f"reducer.{module}", tree), ("state_machine", "reducer")):
        wire = import_module("reducer.wire")
        return MutantPort(wire.handle_line, wire.with_sessions())


def plant_detector(module: str, tree: ast.Module) -> DetectorPort:
    """The reference detector with `detector.<module>` replaced, as a port; hmmlearn is the true one, and shared."""
    with anew(Changed(f"detector.{module}", tree), ("hmm_regime_detector", "detector")):
        face = import_module("hmm_regime_detector")
    port = DetectorPort("mutant", lambda: names_of(face, import_module("hmmlearn.hmm")), HOW_TO_GET_REFERENCE, "hmmlearn")
    port.availability()
    return port


@contextmanager
def anew(finder: Changed, tops: Sequence[str]) -> Iterator[None]:
    """Import the packages anew, one module of them changed. An import that waits for its call has to be called in here."""
    true = {each: module for each, module in sys.modules.items() if each.partition(".")[0] in tops}
    for each in true:
        del sys.modules[each]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for each in [each for each in sys.modules if each.partition(".")[0] in tops]:
            del sys.modules[each]
        sys.modules.update(true)
