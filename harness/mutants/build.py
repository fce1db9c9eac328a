"""Bugs of the compiled ports, built and asked the generated cases one after the other, judged as `parity fuzz` judges."""

from __future__ import annotations

import importlib
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from generators.detector.bulk import generate_case
from generators.detector.case import SeriesCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.mutants.compiled import CompiledBug
from harness.mutants.hunt import Hunted, Prepared, compared, prepare, shrunk
from harness.mutants.sandbox import TRADES, BuildError, MissingError, workshop
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.mutants.prepare import loaded
from harness.subjects.detector.mutants.rust import RUST
from harness.subjects.detector.ports.isolation import caged
from harness.subjects.detector.ports.modules import HOW_TO_GET_RUST, DetectorPort, names_of
from harness.subjects.detector.ports.threads import one_thread
from harness.subjects.reducer.contract import load_contract, probe
from harness.subjects.reducer.mutants.haskell import HASKELL
from harness.subjects.reducer.ports.registry import open_ports

EVENTS_MAX = 56
COMPILED: tuple[CompiledBug, ...] = (*HASKELL, *RUST)

# Asks what was built, and the port itself, built alike: a divergence that it shares is not the bug's.
Asking = Callable[[Path, Path], Hunted]


def hunt_compiled(
    bugs: Sequence[CompiledBug], *, seed: int, haskell_sequences: int, rust_sequences: int
) -> Iterator[tuple[CompiledBug, Hunted]]:
    """What became of each bug; where its port cannot be built, it is missing. Raises `GoneError`."""
    asking: Mapping[str, Callable[[], Asking]] = {
        "haskell": lambda: partial(ask_executable, cases=prepare(seed, haskell_sequences, EVENTS_MAX)),
        "rust": lambda: partial(ask_extension, seed=seed, sequences=rust_sequences),
    }
    for language in TRADES:
        concerned = [bug for bug in bugs if bug.operator == language]
        if concerned:
            yield from _of_one_language(language, concerned, asking[language])


def _of_one_language(
    language: str, bugs: Sequence[CompiledBug], asking: Callable[[], Asking]
) -> Iterator[tuple[CompiledBug, Hunted]]:
    waiting = list(bugs)
    try:
        with workshop(TRADES[language]) as shop:
            ask = asking()
            while waiting:
                started = time.perf_counter()
                try:
                    built = shop.build(waiting[0])
                except BuildError as error:
                    hunted = Hunted(fate="stillborn", sequences=0, seconds=0.0, path=str(error))
                else:
                    seconds = time.perf_counter() - started
                    hunted = replace(ask(built, shop.sound), build_seconds=seconds)
                yield waiting.pop(0), hunted
    except MissingError as error:
        for bug in waiting:
            yield bug, Hunted(fate="missing", sequences=0, seconds=0.0, path=str(error))


def ask_executable(built: Path, sound: Path, *, cases: Sequence[Prepared]) -> Hunted:
    """Ask a Haskell executable until it diverges, and shrink the case."""
    exes = [shlex.quote(str(each)) for each in (built, sound)]
    reference, port, itself = open_ports(("python",), candidate_exes=exes)
    try:
        available, differing, _ = probe(port, load_contract())
        if not available.available or differing:
            # A port that cannot say what it is has more than the bug.
            return Hunted(fate="stillborn", sequences=0, seconds=0.0, path=available.reason or differing[0].path)
        started = time.perf_counter()
        for count, prepared in enumerate(cases, start=1):
            found = compared(prepared, reference, port)
            found = found and own(found, compared(prepared, reference, itself))
            if found:
                seconds = time.perf_counter() - started
                before, after, taken = shrunk(prepared.case, found[0], reference, port)
                return Hunted(fate="killed", sequences=count, seconds=seconds, path=found[0].path,
                              events_before=before, events_after=after, shrink_seconds=taken)  # fmt: skip
        return Hunted(fate="survived", sequences=len(cases), seconds=time.perf_counter() - started)
    finally:
        for each in (reference, port, itself):
            each.close()


def ask_extension(built: Path, sound: Path, *, seed: int, sequences: int) -> Hunted:
    """Ask a Rust extension, in a process of its own, until it diverges. The reference's time does not count."""
    contract, seconds = load_detector_contract(), 0.0
    with one_thread(), caged(extension(built)) as cage, caged(extension(sound)) as itself:
        opened = cage.opened().available
        differing = cage.differing(contract.surface) if opened.available else []
        if not opened.available or differing:
            return Hunted(fate="stillborn", sequences=0, seconds=0.0, path=opened.reason or differing[0].path)
        for index in range(sequences):
            case, outcome = answered_case(seed, index)
            judged = partial(hold, case=case, reference=outcome, contract=contract, reference_port=loaded_once(), real=False)
            started = time.perf_counter()
            found = judged(cage).divergences
            found = found and own(found, judged(itself).divergences)
            seconds += time.perf_counter() - started
            if found:
                return Hunted(fate="killed", sequences=index + 1, seconds=seconds, path=found[0].path)
    return Hunted(fate="survived", sequences=sequences, seconds=seconds)


def own(found: Sequence[Divergence], shared: Sequence[Divergence]) -> list[Divergence]:
    """What was found without what the port itself diverges in as well."""
    known = {each.fingerprint for each in shared}
    return [each for each in found if each.fingerprint not in known]


@cache
def loaded_once() -> DetectorPort:
    """The reference, the same for all bugs, so that what it says of moved data is kept. Raises `MissingError`."""
    reference = loaded()
    available = reference.availability()
    if not available.available:
        raise MissingError(f"there is no reference: {available.reason}; {available.remedy}")
    return reference


@cache
def answered_case(seed: int, index: int) -> tuple[SeriesCase, Json]:
    """A case and the reference's answer, made for the first bug that gets so far."""
    case = generate_case(seed, index)
    return case, answer(loaded_once(), case)


def extension(built: Path) -> DetectorPort:
    """The Rust port around an extension that lies in a copy of its package. To be asked in a process of its own."""

    def load() -> Json:
        for name in [name for name in sys.modules if name.partition(".")[0] == "doge_hmm"]:
            del sys.modules[name]
        sys.path.insert(0, str(built.parents[1]))
        importlib.invalidate_caches()
        return names_of(importlib.import_module("doge_hmm"))

    return DetectorPort("rust with a bug", load, HOW_TO_GET_RUST, "doge_hmm")
