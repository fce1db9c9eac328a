"""The part of a subject that can be mutated: its mutants, its bugs, and how a changed reference becomes a port."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from harness.mutants.catalogue import Source
from harness.mutants.equivalents import Equivalent
from harness.mutants.historical import Historical
from harness.mutants.sandbox import Toolchain
from harness.panel import Panel


class Mutations(ABC):
    """The part of a subject that `parity mutants` uses.

    `sequences` is how many cases a mutant survives. One case may take a mutant `hang_sec`, and `hang_times` as long as the
    reference took, before it counts as hung. With `traced`, a mutant is asked only cases that enter what it changes.
    """

    source: Source
    historical: Sequence[Historical]
    equivalents: Sequence[Equivalent]
    toolchains: Sequence[Toolchain] = ()
    sequences: int = 2000
    hang_sec: float = 5.0
    hang_times: float = 0.0
    traced: bool = False
    shrinks: bool = True

    @abstractmethod
    def plant(self, module: str, tree: ast.Module) -> Panel[Any]:
        """The reference, and as the one candidate the reference with one module changed, both in this process."""

    def limits(self) -> AbstractContextManager[None]:
        """The context in which the parent and its children run."""
        return nullcontext()

    def open_built(self, toolchain: Toolchain, built: Path, baseline: Path) -> AbstractContextManager[Panel[Any]]:
        """The reference, and as candidates a port with a bug and the port itself, built alike."""
        raise NotImplementedError(f"{toolchain.language}: {built} and {baseline} cannot be opened")
