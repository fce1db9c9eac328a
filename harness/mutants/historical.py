"""Bugs that ports have had, or all but had: each is the reference with a piece of its source written otherwise."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from generators.errors import ParityError
from harness.mutants.catalogue import source_of


class GoneError(ParityError):
    """The reference no longer says what a bug rewrites; the message names both. Write the bug anew in `historical.py`."""


@dataclass(frozen=True, kw_only=True)
class Historical:
    """A bug: what it does in a line, and the source that it puts in the place of another. `operator` groups the table."""

    name: str
    module: str
    change: str
    old: str
    new: str
    package: str
    operator: str = "historical"

    @property
    def id(self) -> str:
        """The bug's name, told from the operators' mutants."""
        return f"{self.operator}:{self.name}"

    @property
    def where(self) -> str:
        """The module."""
        return self.module

    def tree(self) -> ast.Module:
        """The changed module. Raises `GoneError`."""
        source = source_of(self.module, self.package)
        if source.count(self.old) != 1:
            raise GoneError(f"{self.id}: {self.package}.{self.module} does not say {self.old!r} just once")
        return ast.parse(source.replace(self.old, self.new))
