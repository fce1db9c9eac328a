"""A changed module of the reference, imported into this process beside the true one, and reached as a port."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

from harness.ports.base import Availability, Port, PortError

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
    true = {name: each for name, each in sys.modules.items() if _is_reference(name)}
    finder = Changed(f"reducer.{module}", tree)
    for name in true:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        wire = import_module("reducer.wire")
        return MutantPort(wire.handle_line, wire.with_sessions())
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _is_reference(name)]:
            del sys.modules[name]
        sys.modules.update(true)


def _is_reference(name: str) -> bool:
    return name in ("state_machine", "reducer") or name.startswith("reducer.")
