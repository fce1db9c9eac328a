"""One mutant of the detector against the generated series cases, in a process of its own, judged as `parity fuzz` judges."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import detector
from generators.detector.bulk import generate_case
from generators.detector.case import SeriesCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.mutants.catalogue import Mutant
from harness.mutants.hunt import Hunted, Planted, alarm, limited, tell
from harness.mutants.plant import plant_detector
from harness.subjects.detector.asking.calls import answer, answered
from harness.subjects.detector.contract import DetectorContract, load_detector_contract
from harness.subjects.detector.judging.hold import broken, judged
from harness.subjects.detector.ports.isolation import said
from harness.subjects.detector.ports.modules import DetectorPort, python

# The alarm rings after so much more than the reference took: a training that goes on to its last round takes some times longer.
HANG_SEC, HANG_TIMES = 10.0, 10.0


@dataclass(frozen=True, kw_only=True)
class PreparedSeries:
    """A case with what the reference did with it, in how long, and the functions of `detector/` that it entered."""

    index: int
    case: SeriesCase
    reference: Json
    seconds: float
    entered: Set[str]

    def concerns(self, mutant: Planted) -> bool:
        """Whether the case gets to what is changed: up to there, a mutant does what the reference does.

        What is no function, like a named number, concerns every case that enters any.
        """
        if isinstance(mutant, Mutant) and mutant.is_function:
            return mutant.where in self.entered
        return bool(self.entered)


def prepare_series(seed: int, sequences: int) -> list[PreparedSeries]:
    """The first cases of a seed, as a fuzz run has them, and what the reference answers. One thread, please."""
    reference = loaded()
    prepared = []
    for index in range(sequences):
        case = generate_case(seed, index)
        started = time.perf_counter()
        with _entering() as entered:
            outcome = answer(reference, case)
        seconds = time.perf_counter() - started
        prepared.append(PreparedSeries(index=index, case=case, reference=outcome, seconds=seconds, entered=entered))
    return prepared


def loaded() -> DetectorPort:
    """The reference, its names imported."""
    reference = python()
    reference.availability()
    return reference


@contextmanager
def _entering() -> Iterator[set[str]]:
    """The functions of `detector/` that are called meanwhile, as `module.function`."""
    folder, entered = f"{Path(detector.__file__).parent}{os.sep}", set[str]()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(folder):
            # What is defined within a function is a part of it.
            entered.add(f"{Path(code.co_filename).stem}.{code.co_qualname.partition('.<locals>')[0]}")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield entered
    finally:
        sys.setprofile(before)


def hunt_series(mutant: Planted, cases: Sequence[PreparedSeries], report: int, *, shrink: bool) -> None:
    """Ask a mutant until it diverges, as `harness.mutants.hunt.hunt` does. Nothing is shrunk."""
    del shrink
    started = time.perf_counter()
    limited()
    alarm(HANG_SEC)
    try:
        port = plant_detector(mutant.module, mutant.tree())
    except Exception as error:
        tell(report, Hunted(fate="stillborn", sequences=0, seconds=0.0, path=repr(error)))
        return
    reference, contract = loaded(), load_detector_contract()
    for count, prepared in enumerate(cases, start=1):
        os.write(report, b".")
        found = _divergences(prepared, reference, port, contract) if prepared.concerns(mutant) else []
        if found:
            seconds = time.perf_counter() - started
            tell(report, Hunted(fate="killed", sequences=count, seconds=seconds, path=found[0].path))
            return
    tell(report, Hunted(fate="survived", sequences=len(cases), seconds=time.perf_counter() - started))


def _divergences(
    prepared: PreparedSeries, reference: DetectorPort, port: DetectorPort, contract: DetectorContract
) -> list[Divergence]:
    """The same comparison as a fuzz run's; an exception that no caller expects is what it is from behind a cage."""
    alarm(HANG_SEC + HANG_TIMES * prepared.seconds)
    try:
        found = answered(port, prepared.case)
    except Exception as error:
        return broken(said(error)).divergences
    finally:
        # Judging asks the reference alone, up to a dozen times.
        alarm(0.0)
    verdict = judged(
        found, case=prepared.case, reference=prepared.reference, contract=contract, reference_port=reference, real=False
    )
    return verdict.divergences
