"""A run of the detector: every case through every port, every outcome judged against the reference's."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generators.detector.case import SeriesCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.epsilon import Largest
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.judging.judge import Verdict, level_of
from harness.subjects.detector.judging.statistical import Likeness
from harness.subjects.detector.ports.isolation import CASE_SEC, Cage, GivenUp
from harness.subjects.detector.ports.modules import DetectorPort, Unnamed
from harness.subjects.detector.ports.surface import differing
from harness.subjects.detector.repro import write_detector_repro
from harness.subjects.detector.tally import SeriesTally
from harness.subjects.reducer.ports.base import Availability

MARKET = "market"
# Beyond this many different divergences of a port, more files tell nothing new.
REPROS_MAX = 20
# The level of what a call must leave alone, and why a case was not compared where no name is missing.
TOUCHED, GIVEN_UP = "touched", "an answer"


@dataclass(frozen=True, kw_only=True)
class SeriesFinding:
    """A divergent case of one port: its first divergence stands for it, `count` says how many there were."""

    port: str
    case: str
    kind: str
    source: str
    divergence: Divergence
    count: int
    repro: Path | None = None
    likeness: Likeness | None = None

    @property
    def level(self) -> str:
        """The level of comparison that caught it."""
        return level_of(self.divergence.path)

    def to_json(self) -> Json:
        """The finding as plain data."""
        return {
            "port": self.port, "case": self.case, "kind": self.kind, "source": self.source, "level": self.level,
            "count": self.count, "repro": None if self.repro is None else str(self.repro),
            "likeness": None if self.likeness is None else self.likeness.to_json(), "divergence": self.divergence.to_json(),
        }  # fmt: skip


@dataclass
class SeriesPortReport:
    """What came of one port; the counters go by source and kind, by level, or by what has to be identical."""

    name: str
    availability: Availability
    version: str | None = None
    lacks: list[str] = field(default_factory=list)
    contract: list[Divergence] = field(default_factory=list)
    cases: Counter[tuple[str, str]] = field(default_factory=Counter)
    divergent: Counter[tuple[str, str]] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    levels_divergent: Counter[str] = field(default_factory=Counter)
    identical: Counter[str] = field(default_factory=Counter)
    trained: Counter[str] = field(default_factory=Counter)
    excused: list[tuple[str, str, Likeness | None]] = field(default_factory=list)
    ties: int = 0
    largest: dict[str, Largest] = field(default_factory=dict)
    busy_sec: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether cases may be sent to it."""
        return self.availability.available and not self.contract


@dataclass
class SeriesReport:
    """All that a run of the detector found."""

    ports: list[SeriesPortReport]
    findings: list[SeriesFinding] = field(default_factory=list)
    tallies: dict[str, SeriesTally] = field(default_factory=dict)
    never_hit: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    elapsed_sec: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 parity, 1 divergence or a check that met too little, 3 a port or a name of one is missing."""
        if self.findings or self.never_hit or any(port.contract for port in self.ports):
            return 1
        return 0 if all(port.availability.available and not port.lacks for port in self.ports) else 3


class SeriesRunner:
    """Sends cases to ports, the first of which is the reference."""

    def __init__(
        self, ports: Sequence[DetectorPort], *, contract: DetectorContract, reports_dir: Path, timeout_sec: float = CASE_SEC
    ) -> None:
        self.reference, *others = ports
        # Whatever a port does, it does not do it to the reference, nor to this run.
        self.cages = [Cage(port, timeout_sec=timeout_sec) for port in others]
        self.contract = contract
        self.reports_dir = reports_dir
        reports = [SeriesPortReport(self.reference.name, self.reference.availability())]
        reports += [SeriesPortReport(cage.name, cage.opened().available) for cage in self.cages]
        self.report = SeriesReport(reports)
        self._written: dict[tuple[str, str], Path] = {}

    def check_surfaces(self) -> None:
        """Hold every port to the contract's surface before it sees a case."""
        first, *others = self.report.ports
        if first.availability.available:
            first.version, first.lacks = self.reference.version(), self.reference.missing()
            first.contract = differing(self.reference, self.contract.surface)
        for cage, report in zip(self.cages, others, strict=True):
            if report.availability.available:
                report.version, report.lacks = cage.opened().version, list(cage.opened().lacks)
                report.contract = cage.differing(self.contract.surface)

    def close(self) -> None:
        """End the ports' processes."""
        for cage in self.cages:
            cage.close()

    def run(self, source: str, cases: Iterable[SeriesCase], *, progress: Callable[[str, int], None] | None = None) -> None:
        """Put the cases of one source through every usable port."""
        started = time.perf_counter()
        tally = self.report.tallies.setdefault(source, SeriesTally())
        for case in cases:
            tally.add(case)
            self.run_case(source, case)
            if progress is not None:
                progress(source, 1)
        self.report.elapsed_sec += time.perf_counter() - started

    def run_case(self, source: str, case: SeriesCase) -> None:
        """Put one case through every usable port."""
        reference_report = self.report.ports[0]
        if not reference_report.usable:
            return
        started = time.perf_counter()
        reference = answer(self.reference, case)
        reference_report.busy_sec += time.perf_counter() - started
        reference_report.cases[source, case.kind] += 1
        for cage, report in zip(self.cages, self.report.ports[1:], strict=True):
            if report.usable:
                self._hold(cage, report, source, case, reference)

    def _hold(self, cage: Cage, report: SeriesPortReport, source: str, case: SeriesCase, reference: Json) -> None:
        started = time.perf_counter()
        try:
            verdict = hold(
                cage,
                case=case,
                reference=reference,
                contract=self.contract,
                reference_port=self.reference,
                real=source == MARKET,
            )
        except Unnamed as error:
            # What was not compared has not passed: the name is missing, and the run says so.
            report.not_compared[str(error)] += 1
            return
        except GivenUp:
            report.not_compared[GIVEN_UP] += 1
            return
        finally:
            report.busy_sec += time.perf_counter() - started
        report.levels.update([*reference, TOUCHED])
        self._note(cage.name, report, source, case, verdict)

    def _note(self, port: str, report: SeriesPortReport, source: str, case: SeriesCase, verdict: Verdict) -> None:
        report.cases[source, case.kind] += 1
        report.ties += verdict.ties
        for name, same in verdict.identical:
            report.trained[name] += 1
            report.identical[name] += same
        if verdict.excused is not None:
            report.excused.append((case.name, verdict.excused, verdict.likeness))
        elif not verdict.divergences and not case.degenerate:
            for path, largest in verdict.largest.items():
                report.largest.setdefault(path, Largest()).add(largest)
        if verdict.divergences:
            self.note_finding(port, report, source, case, verdict)

    def note_finding(self, port: str, report: SeriesPortReport, source: str, case: SeriesCase, verdict: Verdict) -> None:
        """Keep a divergent case; the first of its kind gets a repro file."""
        first = verdict.divergences[0]
        report.divergent[source, case.kind] += 1
        report.levels_divergent[level_of(first.path)] += 1
        key = (port, first.fingerprint)
        if key not in self._written and sum(name == port for name, _ in self._written) < REPROS_MAX:
            self._written[key] = write_detector_repro(
                self.reports_dir, case=case, divergences=verdict.divergences, port=port, real=source == MARKET
            )
        finding = SeriesFinding(
            port=port,
            case=case.name,
            kind=case.kind,
            source=source,
            divergence=first,
            count=len(verdict.divergences),
            repro=self._written.get(key),
            likeness=verdict.likeness,
        )
        self.report.findings.append(finding)
