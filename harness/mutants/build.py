"""Hunts for bugs that are built into copies of compiled ports, with generated cases, judged as in a fuzz run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.comparators.divergence import Divergence
from harness.mutants.compiled import CompiledBug
from harness.mutants.hunt import Hunted, Prepared, prepare, with_shrunk
from harness.mutants.mutations import Mutations
from harness.mutants.sandbox import BuildError, MissingToolError, Toolchain, sandbox
from harness.panel import REFERENCE, PortRequest
from harness.subject import Subject


def hunt_compiled(
    subject: Subject[Any], toolchain: Toolchain, bugs: Sequence[CompiledBug], *, seed: int, sequences: int
) -> Iterator[tuple[CompiledBug, Hunted]]:
    """Yield the fate of each bug, `missing` if the port cannot be built. Raises `GoneError`."""
    waiting = list(bugs)
    try:
        with sandbox(toolchain) as box, subject.open(PortRequest(names=(REFERENCE,))) as panel:
            reference = panel.examine()[0]
            if not reference.availability.available:
                raise MissingToolError(f"there is no reference: {reference.availability.sentence}")
            cases = LazyCases(prepare(subject, panel, seed, sequences))
            while waiting:
                started = time.perf_counter()
                try:
                    built = box.build(waiting[0])
                except BuildError as error:
                    hunted = Hunted(fate="stillborn", sequences=0, seconds=0.0, path=str(error))
                else:
                    seconds = time.perf_counter() - started
                    hunted = replace(ask(subject, toolchain, built, box.baseline, cases), build_seconds=seconds)
                yield waiting.pop(0), hunted
    except MissingToolError as error:
        for bug in waiting:
            yield bug, Hunted(fate="missing", sequences=0, seconds=0.0, path=str(error))


class LazyCases:
    """Cases that are prepared when a bug first needs them, and kept for the other bugs."""

    def __init__(self, prepared: Iterator[Prepared]) -> None:
        self._coming = prepared
        self._kept: list[Prepared] = []

    def __iter__(self) -> Iterator[Prepared]:
        """Yield every case in order."""
        yield from self._kept
        for each in self._coming:
            self._kept.append(each)
            yield each


def ask(subject: Subject[Any], toolchain: Toolchain, built: Path, baseline: Path, cases: LazyCases) -> Hunted:
    """Run cases on a port with a bug until it diverges where the port without it does not; shrink that case."""
    mutations: Mutations | None = subject.mutations
    assert mutations is not None, "only a subject with mutations has toolchains"
    with mutations.open_built(toolchain, built, baseline) as panel:
        bug, itself = panel.candidates
        examined = {each.name: each for each in panel.examine()}[bug]
        if not examined.usable:
            # The bug prevents the port from describing itself, so no case can be compared.
            why = examined.availability.reason or examined.divergences[0].path
            return Hunted(fate="stillborn", sequences=0, seconds=0.0, path=why)
        started, count = time.perf_counter(), 0
        for count, prepared in enumerate(cases, start=1):
            found = panel.judge(bug, prepared.case, prepared.expected, prepared.depth).divergences
            found = found and own(found, panel.judge(itself, prepared.case, prepared.expected, prepared.depth).divergences)
            if found:
                hunted = Hunted(fate="killed", sequences=count, seconds=time.perf_counter() - started, path=found[0].path)
                if not mutations.shrinks:
                    return hunted
                return with_shrunk(subject, panel, bug, prepared, hunted, found[0].fingerprint)
    return Hunted(fate="survived", sequences=count, seconds=time.perf_counter() - started)


def own(found: Sequence[Divergence], shared: Sequence[Divergence]) -> list[Divergence]:
    """Return the divergences that the port without the bug does not show."""
    known = {each.fingerprint for each in shared}
    return [each for each in found if each.fingerprint not in known]
