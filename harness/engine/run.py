"""A run: every case through every port, every outcome against the reference's."""

from __future__ import annotations

import shlex
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.comparators.divergence import Divergence
from harness.engine.finding import Finding
from harness.engine.golden import check_port
from harness.engine.met import Met
from harness.engine.outcome import GENERATED, GOLDEN, MARKET, PortReport, RunReport
from harness.engine.repro import Asked, check_reports_dir, write_repro
from harness.panel import AnyCase, Depth, Panel, PortRequest
from harness.subject import Subject
from harness.words import counted

if TYPE_CHECKING:
    from generators.candles import CandleSeries

# Beyond this many different divergences of a port, more files tell nothing new.
REPROS_MAX = 20
# So many cases before a flaky find are kept in its repro.
ASKED_KEPT = 200


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of `parity run`. `market_windows` bounds the cases made of candles; None stands for all."""

    ports: PortRequest
    sequences: int = 1000
    seed: int = 0
    settings: Mapping[str, int] = field(default_factory=dict)
    candles: Path | None = None
    market_windows: int | None = None
    reports_dir: Path = Path("reports")


Progress = Callable[[str, int], None]
# A case, and what the reference answered while it was made (`Cases.generate_seen`).
Seen = tuple[Any, Any]
Source = tuple[str, Iterable[Seen], int]


def candles_of(subject: Subject[Any], options: RunOptions) -> CandleSeries | None:
    """The candles of a run, from the file that was named or the series that ships with `arch`. Raises `CandleError`.

    None for a subject that makes no cases of candles, and where no case is wanted.
    """
    if "candles" not in subject.options:
        return None
    # Imported here because numpy takes long to load.
    from generators.candles import read_candles, sample_candles

    if options.candles is not None:
        return read_candles(options.candles)
    return None if options.market_windows == 0 else sample_candles()


def sources_of(subject: Subject[Any], options: RunOptions, candles: CandleSeries | None) -> list[Source]:
    """The cases of a run with how many there are, by source; all files are read here. Raises errors of the files."""
    golden = subject.cases.golden()
    market = () if candles is None else subject.cases.market(candles, options.seed, options.market_windows)
    generated = (subject.cases.generate_seen(options.seed, index, options.settings) for index in range(options.sequences))
    return [
        (GOLDEN, unseen(golden), len(golden)),
        (GENERATED, generated, options.sequences),
        (MARKET, unseen(market), len(market)),
    ]


def unseen(cases: Iterable[Any]) -> Iterator[Seen]:
    """Cases that the reference has not been asked yet."""
    return ((case, None) for case in cases)


def run_parity(
    subject: Subject[Any],
    sources: Sequence[Source],
    options: RunOptions,
    candles: CandleSeries | None,
    progress: Progress = lambda _source, _done: None,
) -> RunReport:
    """Every case through every port; none where nothing can be compared, which must not take long to learn.

    Raises errors of the options, of the contract and of fixtures.
    """
    check_reports_dir(options.reports_dir)
    with subject.open(options.ports) as panel:
        runner = Runner(subject, panel, options.reports_dir)
        if runner.report.comparable:
            for source, cases, _ in sources:
                runner.run_seen(source, cases, progress=progress)
            runner.check_recorded()
    runner.report.candles = candles
    runner.report.never_met = runner.report.met[GENERATED].never_met() if GENERATED in runner.report.met else []
    return runner.report


class Runner:
    """Sends cases to the ports of a panel."""

    def __init__(self, subject: Subject[Any], panel: Panel[Any], reports_dir: Path) -> None:
        self.subject, self.panel, self.reports_dir = subject, panel, reports_dir
        ports = [PortReport(examined=examined, measures=subject.measures()) for examined in panel.examine()]
        candidates = {name: panel.candidate_of(name) or "" for name in panel.candidates}
        self.report = RunReport(subject=subject.name, ports=ports, candidates=candidates)
        self._written: dict[tuple[str, str], Path] = {}
        self._fixtures: set[str] = set()
        self._asked: dict[str, deque[Asked]] = {port.name: deque(maxlen=ASKED_KEPT) for port in ports}

    def run(self, source: str, cases: Iterable[AnyCase], *, progress: Progress = lambda _source, _done: None) -> None:
        """Put the cases of one source through every usable port."""
        self.run_seen(source, unseen(cases), progress=progress)

    def run_seen(self, source: str, cases: Iterable[Seen], *, progress: Progress = lambda _source, _done: None) -> None:
        """Put cases, some of which the reference has answered already, through every usable port."""
        started = time.perf_counter()
        met = self.report.met.setdefault(source, Met(self.subject.tally))
        for index, (case, seen) in enumerate(cases):
            if source == GOLDEN:
                self._fixtures.add(case.name)
            self._run_case(source, index, case, seen, met)
            progress(source, 1)
        self.report.elapsed_sec += time.perf_counter() - started

    def _run_case(self, source: str, index: int, case: AnyCase, seen: Any, met: Met) -> None:
        reference, *candidates = self.report.ports
        started = time.perf_counter()
        expected = self.panel.expect_seen(case, seen)
        steps = met.add(case, expected)
        if source == MARKET:
            met.add_values(case, expected)
        thorough = source == GOLDEN or index % self.subject.defaults.run_thorough_every == 0
        found = self.panel.recheck(case, expected) if thorough else []
        reference.busy_sec += time.perf_counter() - started
        self._count(reference, source, steps)
        if found:
            # A reference that does not answer alike twice is nothing to hold a port against.
            self._note(reference, source, case, found)
        for port in candidates:
            every = self.panel.sample_every(port.name)
            if port.examined.usable and (source == GOLDEN or index % every == 0):
                self._judge(port, source, case, expected, steps, Depth.THOROUGH if thorough else Depth.PLAIN)

    def _judge(self, port: PortReport, source: str, case: AnyCase, expected: Any, steps: int, depth: Depth) -> None:
        started = time.perf_counter()
        judgement = self.panel.judge(port.name, case, expected, depth)
        port.busy_sec += time.perf_counter() - started
        if judgement.not_compared is not None:
            # What was not compared has not passed: something is missing, and the run says so.
            port.not_compared[judgement.not_compared] += 1
            return
        self._count(port, source, steps)
        port.thorough += depth is Depth.THOROUGH
        if judgement.excused is not None:
            port.excused += 1
            self.report.excused_cases.add((source, case.name))
        port.counted.update(judgement.counted)
        port.measures.add(case, judgement)
        if judgement.divergences:
            self._note(port, source, case, judgement.divergences, judgement.notes, depth)
        self._asked[port.name].append((case, depth))

    def _count(self, port: PortReport, source: str, steps: int) -> None:
        port.cases[source] += 1
        port.steps += steps

    def _note(
        self,
        port: PortReport,
        source: str,
        case: AnyCase,
        found: Sequence[Divergence],
        notes: tuple[str, ...] = (),
        depth: Depth = Depth.THOROUGH,
    ) -> None:
        """Keep a divergent case; the first of its kind gets a repro file."""
        port.divergent[source] += 1
        self.report.divergent_cases.add((source, case.name))
        key = (port.name, found[0].fingerprint)
        if key not in self._written and sum(name == port.name for name, _ in self._written) < REPROS_MAX:
            asked = tuple(self._asked[port.name])
            flaky = self._is_flaky(port.name, case, found, depth)
            before = asked if flaky else ()
            if flaky:
                earlier = counted(len(before), "case")
                notes += (f"FLAKY: asked again, the port agrees; the repro asks it the {earlier} before it first",)
            self._written[key] = write_repro(
                self.reports_dir,
                subject=self.subject,
                case=case,
                divergences=found,
                port=port.name,
                candidate=self.panel.candidate_of(port.name),
                described=port.examined.described,
                depth=depth if flaky else Depth.THOROUGH,
                before=before,
            )
        self._find(port.name, case.name, source, found, notes, self._written.get(key))

    def _is_flaky(self, port: str, case: AnyCase, found: Sequence[Divergence], depth: Depth) -> bool:
        """Ask a candidate once more. One that hangs would only hang again, and the reference is asked twice already."""
        if port not in self.panel.candidates or found[0].cause == "timeout":
            return False
        self._asked[port].append((case, depth))
        return not self.panel.judge(port, case, self.panel.expect(case), depth).divergences

    def _find(
        self,
        port: str,
        case: str,
        source: str,
        found: Sequence[Divergence],
        notes: tuple[str, ...],
        repro: Path | None,
        again: str = "",
    ) -> None:
        again = again or (f"parity replay {repro}" if repro else "")
        finding = Finding(
            port=port, case=case, source=source, divergence=found[0], count=len(found), notes=notes, repro=repro, again=again
        )
        self.report.findings.append(finding)

    def _verify(self, port: str) -> str:
        """The command that holds a port against the fixtures again."""
        candidate, option = self.panel.candidate_of(port), self.subject.candidate_option
        named = f" --{option.removesuffix('s').replace('_', '-')} {shlex.quote(candidate)}" if candidate else ""
        return f"parity golden verify --subject {self.subject.name}{named}"

    def check_recorded(self) -> None:
        """Hold the reference to what was recorded, so that one that drifted cannot vouch for itself.

        Candidates too, where fixtures hold calls that no case asks for.
        """
        golden = self.subject.golden
        if golden is None:
            return
        fixtures = golden.read(golden.folder / "fixtures")
        for port in self.report.ports if golden.holds_calls else self.report.ports[:1]:
            known = {finding.case for finding in self.report.findings if finding.port == port.name}
            usable = port.examined.usable and not port.not_compared
            for problem in check_port(golden, self.panel, port.name, fixtures) if usable else ():
                if problem.fixture not in known and problem.divergence is not None:
                    # A fixture may hold nothing but calls, and then it is no case.
                    if problem.fixture in self._fixtures:
                        port.divergent[GOLDEN] += 1
                        self.report.divergent_cases.add((GOLDEN, problem.fixture))
                    else:
                        port.fixtures_divergent += 1
                        self.report.divergent_fixtures.add(problem.fixture)
                    self._find(port.name, problem.fixture, GOLDEN, [problem.divergence], (), None, self._verify(port.name))
