"""A run: every case through every port, every outcome against the reference's."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generators.reducer.case import Case
from harness.comparators.divergence import Divergence
from harness.engine.repro import write_repro
from harness.subjects.reducer.cases import GOLDEN
from harness.subjects.reducer.contract import probe
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.ports.base import Availability, Outcome, Port
from harness.subjects.reducer.ports.process import ServerPort
from harness.subjects.reducer.tally import Tally
from harness.subjects.reducer.thorough import compare_case

METHODS_EVERY = 20
# A port that fails this often, in a row or in all, costs its timeout every time and has shown what it is.
FAILURES_IN_A_ROW_MAX = 5
FAILURES_MAX = 25
# Beyond this many different divergences of a port, more files tell nothing new.
REPROS_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A divergent case of one port: its first divergence stands for it, `count` says how many there were."""

    port: str
    case: str
    source: str
    divergence: Divergence
    count: int
    repro: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "port": self.port,
            "case": self.case,
            "source": self.source,
            "count": self.count,
            "repro": None if self.repro is None else str(self.repro),
            "divergence": self.divergence.to_json(),
        }


@dataclass
class PortReport:
    """What came of one port. `steps` counts the steps compared by replay, `methods` the cases compared by other methods."""

    name: str
    availability: Availability
    described: Mapping[str, Any] = field(default_factory=dict)
    contract: list[Divergence] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    divergent: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    methods: int = 0
    sessions: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    gave_up: bool = False
    busy_sec: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether cases may still be sent to it."""
        return self.availability.available and not self.contract and not self.gave_up


@dataclass
class RunReport:
    """All that a run found."""

    ports: list[PortReport]
    findings: list[Finding] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    never_hit: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    elapsed_sec: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 parity, 1 divergence or a check that met too little, 3 a port is missing or broken."""
        if self.findings or self.never_hit or any(port.contract for port in self.ports):
            return 1
        return 0 if all(port.availability.available for port in self.ports) else 3


Progress = Callable[[str, int], None]


class Runner:
    """Sends cases to ports. The first port is the reference; the caller closes them."""

    def __init__(self, ports: Sequence[Port], *, reports_dir: Path, exes: Mapping[str, str] | None = None) -> None:
        self.ports = list(ports)
        self.reference = self.ports[0]
        self.reports_dir = reports_dir
        self.exes = dict(exes or {})
        self.report = RunReport([PortReport(port.name, port.availability()) for port in self.ports])
        self._seen: Counter[str] = Counter()
        self._written: dict[tuple[str, str], Path] = {}

    def check_contracts(self, contract: dict[str, Any]) -> None:
        """Hold every port to the contract before it sees a case; one that does not answer at all sees none."""
        for port, report in zip(self.ports, self.report.ports, strict=True):
            report.availability, report.contract, report.described = probe(port, contract)

    def run(self, source: str, cases: Iterable[Case], *, progress: Progress | None = None) -> None:
        """Put the cases of one source through every usable port."""
        started = time.perf_counter()
        tally = self.report.tallies.setdefault(source, Tally())
        for case in cases:
            self.run_case(source, case, tally)
            if progress is not None:
                progress(source, 1)
        self.report.elapsed_sec += time.perf_counter() - started

    def run_case(self, source: str, case: Case, tally: Tally) -> None:
        """Put one case through every usable port."""
        index = self._seen[source]
        self._seen[source] += 1
        reference = self.reference.replay(case)
        tally.add(case, reference.answer)
        for port, report in zip(self.ports, self.report.ports, strict=True):
            if not report.usable or (source != GOLDEN and index % port.sample_every):
                continue
            started = time.perf_counter()
            found = self._compare(port, report, case, reference, thorough=source == GOLDEN or index % METHODS_EVERY == 0)
            report.busy_sec += time.perf_counter() - started
            report.cases[source] += 1
            report.steps += len(reference.answer.get("steps", ()))
            if found:
                report.divergent[source] += 1
                self.note_finding(port, report, source, case, found)

    def _compare(self, port: Port, report: PortReport, case: Case, reference: Outcome, *, thorough: bool) -> list[Divergence]:
        if port is self.reference:
            # Asked twice, the reference must answer alike, or nothing can be held against it.
            return compare_outcomes(reference=reference, candidate=port.replay(case), case=case) if thorough else []
        candidate = port.replay(case)
        report.failures_in_a_row = report.failures_in_a_row + 1 if candidate.line is None else 0
        report.failures += candidate.line is None
        report.gave_up = report.failures_in_a_row >= FAILURES_IN_A_ROW_MAX or report.failures >= FAILURES_MAX
        report.methods += thorough
        report.sessions += thorough and isinstance(port, ServerPort)
        return compare_case(
            case=case,
            reference=reference,
            candidate=candidate,
            reference_port=self.reference,
            port=port,
            thorough=thorough,
        )

    def note_finding(self, port: Port, report: PortReport, source: str, case: Case, found: Sequence[Divergence]) -> None:
        """Keep a divergent case; the first of its kind gets a repro file."""
        key = (port.name, found[0].fingerprint)
        if key not in self._written and sum(name == port.name for name, _ in self._written) < REPROS_MAX:
            self._written[key] = write_repro(
                self.reports_dir,
                case=case,
                divergences=found,
                port=port.name,
                exe=self.exes.get(port.name),
                described=report.described,
            )
        finding = Finding(
            port=port.name,
            case=case.name,
            source=source,
            divergence=found[0],
            count=len(found),
            repro=self._written.get(key),
        )
        self.report.findings.append(finding)

    def close(self) -> None:
        """Let go of every port."""
        for port in self.ports:
            port.close()
