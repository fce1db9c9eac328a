"""Bugs that ports have had, or almost had: each replaces a piece of the reference's source."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from generators.errors import ParityError
from harness.mutants.catalogue import source_of


class GoneError(ParityError):
    """A source no longer contains the piece that a bug replaces; the message names both. Rewrite the bug in `historical.py`."""


@dataclass(frozen=True, kw_only=True)
class Historical:
    """A bug: `change` describes it in a line, `new` replaces the source `old`. `operator` groups the table."""

    name: str
    module: str
    change: str
    old: str
    new: str
    package: str
    operator: str = "historical"

    @property
    def id(self) -> str:
        """The bug's name, with a prefix that differs from those of mutants."""
        return f"{self.operator}:{self.name}"

    @property
    def where(self) -> str:
        """The module that is changed."""
        return self.module

    def tree(self) -> ast.Module:
        """Return the syntax tree of the changed module. Raises `GoneError`."""
        source = source_of(self.module, self.package)
        if source.count(self.old) != 1:
            raise GoneError(f"{self.id}: {self.package}.{self.module} does not contain {self.old!r} exactly once")
        return ast.parse(source.replace(self.old, self.new))
