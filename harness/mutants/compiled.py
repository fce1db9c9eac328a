"""Bugs of compiled ports: replacements of a piece of source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.mutants.historical import GoneError


@dataclass(frozen=True, kw_only=True)
class CompiledBug:
    """A bug: `change` describes it in a line, `new` replaces the source `old`. `operator` is the language."""

    operator: str
    name: str
    file: str
    change: str
    old: str
    new: str

    @property
    def id(self) -> str:
        """The language and the name. Bugs of the same name in the reference do the same."""
        return f"{self.operator}:{self.name}"

    @property
    def where(self) -> str:
        """The file, relative to the port's folder."""
        return self.file

    def source(self, folder: Path) -> str:
        """Return the changed source. Raises `GoneError` unless the file contains `old` exactly once."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(self.old) != 1:
            raise GoneError(f"{self.id}: {folder.name}/{self.file} does not contain {self.old!r} exactly once")
        return text.replace(self.old, self.new)
