"""The open ports of the detector: the reference in this process, each candidate in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.comparators.divergence import ABSENT, Divergence
from harness.comparators.path import ROOT_PATH, Path
from harness.panel import REFERENCE, UNANSWERED, CaseError, Depth, Examined, Judgement, Panel, PortRequest
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract, load_detector_contract
from harness.subjects.detector.judging.verdict import verdict_on
from harness.subjects.detector.ports.isolation import (
    CASE_SEC,
    BrokenPortError,
    GivenUpError,
    IsolatedPort,
    isolated,
)
from harness.subjects.detector.ports.modules import DetectorPort, UnnamedError, open_detector_ports
from harness.subjects.detector.ports.setups import setup_in_use, setup_processes
from harness.subjects.detector.ports.surface import differing
from harness.subjects.detector.ports.threads import one_thread

Asked = DetectorPort | IsolatedPort


class DetectorPanel(Panel[DetectorCase]):
    """Open ports by name. Candidates are isolated, unless the caller passes other ports."""

    def __init__(self, reference: DetectorPort, others: Sequence[Asked], contract: DetectorContract | None = None) -> None:
        self.port = reference
        self.others: dict[str, Asked] = {port.name: port for port in others}
        self.candidates = tuple(self.others)
        self._contract = contract

    @property
    def contract(self) -> DetectorContract:
        """The contract, read on first use. Raises `ContractFileError`."""
        if self._contract is None:
            self._contract = load_detector_contract()
        return self._contract

    def examine(self) -> list[Examined]:
        """Compare every port's surface with the contract's. Raises `ContractFileError`."""
        surface, available = self.contract.surface, self.port.availability()
        rows = [Examined(name=REFERENCE, availability=available)]
        if available.available:
            found = tuple(differing(self.port, surface))
            rows = [
                replace(_examined(REFERENCE, available, self.port.version(), self.port.missing(), found), setup=setup_in_use())
            ]
        for name, port in self.others.items():
            assert isinstance(port, IsolatedPort), "a port that is examined is isolated"
            opened = port.opened()
            found = tuple(port.differing(surface)) if opened.available.available else ()
            rows.append(_examined(name, opened.available, opened.version, opened.lacks, found))
        return rows

    def expect(self, case: DetectorCase) -> Json:
        """Return the reference's outcome. Raises `CaseError`."""
        try:
            return answer(self.port, case)
        except Exception as error:
            raise CaseError(f"{case.name}: is not a case that can be run ({type(error).__name__}: {error})") from error

    def judge(self, port: str, case: DetectorCase, expected: Json, depth: Depth) -> Judgement:
        """Judge a port on all calls of a case; both depths are the same here."""
        del depth
        return self.judge_port(self.others[port], case, expected)

    def judge_port(self, port: Asked, case: DetectorCase, expected: Json) -> Judgement:
        """Judge any port, including the reference itself."""
        real = bool(case.metadata.get("real", False))
        try:
            verdict = verdict_on(
                port, case=case, reference=expected, contract=self.contract, reference_port=self.port, real=real
            )
        except UnnamedError as error:
            # A case that was not compared has not passed.
            return _uncompared(Path(str(error)), "missing", "a name", ABSENT, str(error))
        except GivenUpError:
            silence = "not asked after it broke down too often"
            return _uncompared(ROOT_PATH, "error", "an outcome", silence, UNANSWERED)
        notes = () if verdict.likeness is None else (f"statistics {'; '.join(verdict.likeness.shortfalls)}",)
        return Judgement(
            divergences=verdict.divergences,
            basis="excused" if verdict.excused else "by its tolerances",
            excused=verdict.excused,
            notes=notes if verdict.divergences else (),
            measures=verdict,
        )

    def differs(self, one: str, other: str, case: DetectorCase) -> Divergence | None:
        """Return the first divergence of two ports, excused as between the reference and a port; None at parity."""
        self.forgive()
        try:
            expected = self.expect(case) if one == REFERENCE else self._answer(one, case)
        except (UnnamedError, BrokenPortError, GivenUpError) as error:
            return Divergence(path=ROOT_PATH, kind="error", reference=str(error), candidate="not asked")
        found = self.judge(other, case, expected, Depth.THOROUGH).divergences
        return found[0] if found else None

    def _answer(self, port: str, case: DetectorCase) -> Json:
        asked = self.others[port]
        return asked.answer(case).outcome if isinstance(asked, IsolatedPort) else answer(asked, case)

    def bystanders(self) -> tuple[int, ...]:
        """Return the processes of other set-ups, which start with the first case that may be excused."""
        return setup_processes()

    def forgive(self) -> None:
        """Allow further calls on ports that broke down too often."""
        for port in self.others.values():
            if isinstance(port, IsolatedPort):
                port.breakdowns = 0

    def candidate_of(self, port: str) -> str | None:
        """Return the name of a candidate's module, or None for a built-in port."""
        kind, _, module = port.partition(":")
        return module if kind == "module" else None


def _examined(name: str, available: Any, version: str | None, lacks: Sequence[str], found: tuple[Divergence, ...]) -> Examined:
    return Examined(name=name, availability=available, described={"version": version}, lacks=tuple(lacks), divergences=found)


def _uncompared(path: Path, kind: Any, reference: Any, candidate: Any, what: str) -> Judgement:
    found = Divergence(path=path, kind=kind, reference=reference, candidate=candidate)
    return Judgement(divergences=[found], not_compared=what)


# The ports are kept for later batches, but not their processes, so that breakdowns in an earlier batch do not count.
@lru_cache(maxsize=4)
def _kept(names: tuple[str, ...], modules: tuple[str, ...]) -> tuple[DetectorPort, ...]:
    return tuple(open_detector_ports(names, modules=modules))


@contextmanager
def open_panel(request: PortRequest) -> Iterator[DetectorPanel]:
    """Open the ports of a request, with numerical libraries limited to one thread. Raises `UnknownPortError`."""
    opened = _kept if request.may_keep else _kept.__wrapped__
    reference, *others = opened(request.names, request.candidates)
    timeout_sec = CASE_SEC if request.timeout_sec is None else request.timeout_sec
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        reference.availability()
        yield DetectorPanel(reference, [stack.enter_context(isolated(port, timeout_sec=timeout_sec)) for port in others])
