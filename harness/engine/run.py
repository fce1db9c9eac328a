"""A run: every case through every port, every outcome against the reference's."""

from __future__ import annotations

import shlex
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.comparators.divergence import Divergence
from harness.engine.finding import Finding
from harness.engine.golden import check_port
from harness.engine.met import Met
from harness.engine.repro import Asked, check_reports_dir, write_repro
from harness.panel import AnyCase, Depth, Examined, Panel, PortRequest
from harness.subject import Measures, Subject

if TYPE_CHECKING:
    from generators.candles import CandleSeries

GOLDEN, GENERATED, MARKET = "golden", "generated", "market"
EXIT_CODES = {"PARITY": 0, "DIVERGENCE": 1, "NOT MET": 1, "INCOMPLETE": 3}
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


@dataclass(kw_only=True)
class PortReport:
    """The results of one port. Counters go by the source of cases, `not_compared` by what was missing."""

    examined: Examined
    measures: Measures
    cases: Counter[str] = field(default_factory=Counter)
    divergent: Counter[str] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    thorough: int = 0
    excused: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    busy_sec: float = 0.0

    @property
    def name(self) -> str:
        """The port's name."""
        return self.examined.name

    @property
    def whole(self) -> bool:
        """True if the port is here, lacks nothing and was compared on every case that it was sent."""
        return self.examined.availability.available and not self.examined.lacks and not self.not_compared


@dataclass(kw_only=True)
class RunReport:
    """All that a run found. `candles` is the series behind the market-driven cases.

    `candidates` gives the text by which the command line named each candidate, or an empty one for a built-in port.
    """

    subject: str
    ports: list[PortReport]
    candidates: Mapping[str, str] = field(default_factory=dict)
    candles: CandleSeries | None = None
    findings: list[Finding] = field(default_factory=list)
    met: dict[str, Met] = field(default_factory=dict)
    never_met: list[str] = field(default_factory=list)
    elapsed_sec: float = 0.0

    @property
    def too_few(self) -> dict[str, tuple[int, int]]:
        """The kinds with too few different values in the market-driven cases: how many there are, and must be."""
        return self.met[MARKET].too_few() if MARKET in self.met else {}

    @property
    def word(self) -> str:
        """PARITY, DIVERGENCE, NOT MET where the cases met or exercised too little, or INCOMPLETE where a port is missing."""
        if self.findings or any(port.examined.divergences for port in self.ports):
            return "DIVERGENCE"
        if self.never_met or self.too_few:
            return "NOT MET"
        # A reference alone, or ports that saw no case, show nothing.
        compared = any(sum(port.cases.values()) for port in self.ports[1:])
        return "PARITY" if compared and all(port.whole for port in self.ports) else "INCOMPLETE"

    @property
    def exit_code(self) -> int:
        """0 parity, 1 divergence or a check that met too little, 3 a port or a part of one is missing or broken."""
        return EXIT_CODES[self.word]


Progress = Callable[[str, int], None]
Source = tuple[str, Iterable[Any], int]


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
    generated = (subject.cases.generate(options.seed, index, options.settings) for index in range(options.sequences))
    return [(GOLDEN, golden, len(golden)), (GENERATED, generated, options.sequences), (MARKET, market, len(market))]


def run_parity(
    subject: Subject[Any],
    sources: Sequence[Source],
    options: RunOptions,
    candles: CandleSeries | None,
    progress: Progress = lambda _source, _done: None,
) -> RunReport:
    """Every case through every port. Raises errors of the options, of the contract and of fixtures."""
    check_reports_dir(options.reports_dir)
    with subject.open(options.ports) as panel:
        runner = Runner(subject, panel, options.reports_dir)
        if runner.report.ports[0].examined.usable:
            for source, cases, _ in sources:
                runner.run(source, cases, progress=progress)
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
        self._asked: dict[str, deque[Asked]] = {port.name: deque(maxlen=ASKED_KEPT) for port in ports}

    def run(self, source: str, cases: Iterable[AnyCase], *, progress: Progress = lambda _source, _done: None) -> None:
        """Put the cases of one source through every usable port."""
        started = time.perf_counter()
        met = self.report.met.setdefault(source, Met(self.subject.tally))
        for index, case in enumerate(cases):
            self._run_case(source, index, case, met)
            progress(source, 1)
        self.report.elapsed_sec += time.perf_counter() - started

    def _run_case(self, source: str, index: int, case: AnyCase, met: Met) -> None:
        reference, *candidates = self.report.ports
        started = time.perf_counter()
        expected = self.panel.expect(case)
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
        port.excused += judgement.excused is not None
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
        key = (port.name, found[0].fingerprint)
        if key not in self._written and sum(name == port.name for name, _ in self._written) < REPROS_MAX:
            asked = tuple(self._asked[port.name])
            flaky = self._is_flaky(port.name, case, found, depth)
            before = asked if flaky else ()
            if flaky:
                notes += (f"FLAKY: asked again, the port agrees; the repro asks it the {len(before)} case(s) before first",)
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
                    port.divergent[GOLDEN] += 1
                    self._find(port.name, problem.fixture, GOLDEN, [problem.divergence], (), None, self._verify(port.name))
