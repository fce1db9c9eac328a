"""Bugs of the compiled ports: a piece of a source file that is written otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.mutants.historical import GoneError


@dataclass(frozen=True, kw_only=True)
class CompiledBug:
    """A bug: what it does in a line, and the source that it puts in the place of another. `operator` is the language."""

    operator: str
    name: str
    file: str
    change: str
    old: str
    new: str

    @property
    def id(self) -> str:
        """Language and name; bugs of the same name do the same as the reference's."""
        return f"{self.operator}:{self.name}"

    @property
    def where(self) -> str:
        """The file, within the port's folder."""
        return self.file

    def source(self, folder: Path) -> str:
        """The changed file. Raises `GoneError` where the port no longer says what the bug rewrites."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(self.old) != 1:
            raise GoneError(f"{self.id}: {folder.name}/{self.file} does not say {self.old!r} just once")
        return text.replace(self.old, self.new)
