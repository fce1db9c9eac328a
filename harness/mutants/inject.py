"""Imports a changed module of a reference into this process, beside the original. No file is written."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType


class Changed(MetaPathFinder, Loader):
    """Finds one module of the reference, and loads it from its changed syntax tree."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.code = compile(tree, f"<mutant of {module}>", "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the changed module, or None for any other module."""
        return spec_from_loader(fullname, self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Execute the changed code."""
        exec(self.code, module.__dict__)


@contextmanager
def reimporting(finder: Changed, tops: Sequence[str]) -> Iterator[None]:
    """Import the packages again inside the block, with one module changed. Deferred imports must run inside it, too."""
    originals = {each: module for each, module in sys.modules.items() if each.partition(".")[0] in tops}
    for each in originals:
        del sys.modules[each]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for each in [each for each in sys.modules if each.partition(".")[0] in tops]:
            del sys.modules[each]
        sys.modules.update(originals)
