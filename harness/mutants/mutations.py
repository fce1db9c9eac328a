"""The interface of a subject to `parity mutants`: its mutants, its bugs, and ports made of a changed reference."""

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
    """The interface of a subject to `parity mutants`.

    A mutant that agrees on `sequences` cases has survived; one that was killed `kills_wanted` times is asked no more. It counts
    as hung if a case takes longer than `hang_sec` plus `hang_times` the reference's time. With `traced`, a mutant runs only the
    cases that execute the changed lines.
    """

    source: Source
    historical: Sequence[Historical]
    equivalents: Sequence[Equivalent]
    toolchains: Sequence[Toolchain] = ()
    sequences: int = 2000
    # Enough to estimate by, at little cost: a mutant that one case in 250 kills takes the 2,000 cases of a hunt.
    kills_wanted: int = 8
    hang_sec: float = 5.0
    hang_times: float = 0.0
    traced: bool = False
    shrinks: bool = True

    @abstractmethod
    def inject(self, module: str, tree: ast.Module) -> Panel[Any]:
        """Open the reference and, as the only candidate, the reference with one module changed, both in this process."""

    def limits(self) -> AbstractContextManager[None]:
        """Return the context in which the parent and its children run."""
        return nullcontext()

    def open_built(self, toolchain: Toolchain, built: Path, baseline: Path) -> AbstractContextManager[Panel[Any]]:
        """Open the reference and two candidates: the port with a bug, and the port without it, built alike."""
        raise NotImplementedError(f"{toolchain.language}: {built} and {baseline} cannot be opened")
