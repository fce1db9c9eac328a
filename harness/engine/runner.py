"""Sends cases to the ports of a panel, and keeps what came of them."""

from __future__ import annotations

import shlex
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.comparators.divergence import Divergence
from harness.engine.finding import Finding
from harness.engine.golden import check_port
from harness.engine.met import Met
from harness.engine.outcome import GOLDEN, MARKET, PortReport, RunReport
from harness.engine.repro import Asked, write_repro
from harness.panel import AnyCase, Depth, Examined, Panel
from harness.subject import Problem, Subject
from harness.words import counted

# Beyond this many different divergences of a port, more files tell nothing new.
REPROS_MAX = 20
# So many cases before a flaky find are kept in its repro.
ASKED_KEPT = 200

Progress = Callable[[str, int], None]
# A case, and what the reference answered while it was made (`Cases.generate_seen`).
Seen = tuple[Any, Any]
# A port, and the fingerprint of what it does otherwise.
Kind = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The first case of a kind of divergence, with all that its repro tells. `before` is what a flaky port was asked before.

    `notes` speak of the repro.
    """

    case: Any
    divergences: Sequence[Divergence]
    depth: Depth
    before: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """What came of some cases of a run. `kept` has what the repros of their divergences need, `fixtures` those among them."""

    report: RunReport
    kept: dict[Kind, Kept]
    fixtures: frozenset[str]


def unseen(cases: Iterable[Any]) -> list[Seen]:
    """Cases that the reference has not been asked yet."""
    return [(case, None) for case in cases]


class Runner:
    """Sends cases to the ports of a panel. Repros go to `reports_dir`; None keeps them for the process that has the folder."""

    def __init__(
        self, subject: Subject[Any], panel: Panel[Any], reports_dir: Path | None, examined: Sequence[Examined] | None = None
    ) -> None:
        """Take the ports as they were `examined`, or examine them: one that fails later on has to answer for it."""
        self.subject, self.panel, self.reports_dir = subject, panel, reports_dir
        self.examined = panel.examine() if examined is None else examined
        self._asked: dict[str, deque[Asked]] = {port.name: deque(maxlen=ASKED_KEPT) for port in self.examined}
        # The kinds of divergences that were met, with their repros, and those that have none yet.
        self._written: dict[Kind, Path | None] = {}
        # Problems with what was recorded that were found elsewhere, by port, and the ports that are no longer asked here.
        self.recorded: dict[str, list[Problem]] = {}
        self._given_up: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        ports = [PortReport(examined=examined, measures=self.subject.measures()) for examined in self.examined]
        candidates = {name: self.panel.candidate_of(name) or "" for name in self.panel.candidates}
        self.report = RunReport(subject=self.subject.name, ports=ports, candidates=candidates)
        self._kept: dict[Kind, Kept] = {}
        self._fixtures: set[str] = set()

    def part(self, source: str, cases: Iterable[Seen], first: int) -> Part:
        """Run cases of a source, of which the first has that index, apart from what was run before."""
        self._begin()
        self.run_seen(source, cases, first=first)
        return Part(report=self.report, kept=self._kept, fixtures=frozenset(self._fixtures))

    def absorb(self, part: Part) -> None:
        """Take in what came of some cases elsewhere; parts come in the order of their cases."""
        self.report.absorb(part.report)
        self._fixtures |= part.fixtures
        for finding in part.report.findings:
            kind = (finding.port, finding.divergence.fingerprint)
            notes = finding.notes
            if kind in part.kept and self._is_new(kind):
                self._write(kind, part.kept[kind])
                notes += part.kept[kind].notes
            repro = self._written.get(kind)
            self.report.findings.append(replace(finding, notes=notes, repro=repro, again=_again(repro)))

    def run(self, source: str, cases: Iterable[AnyCase], *, progress: Progress = lambda _source, _done: None) -> None:
        """Put the cases of one source through every usable port."""
        self.run_seen(source, unseen(cases), progress=progress)

    def run_seen(
        self, source: str, cases: Iterable[Seen], *, first: int = 0, progress: Progress = lambda _source, _done: None
    ) -> None:
        """Put cases, some of which the reference has answered already, through every usable port."""
        started = time.perf_counter()
        met = self.report.met.setdefault(source, Met(self.subject.tally))
        for index, (case, seen) in enumerate(cases, first):
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
            self._given_up.add(port.name)
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
        kind = (port.name, found[0].fingerprint)
        if self._is_new(kind):
            asked = tuple(self._asked[port.name])
            flaky = self._is_flaky(port.name, case, found, depth)
            before = asked if flaky else ()
            earlier = counted(len(before), "case")
            told = (f"FLAKY: asked again, the port agrees; the repro asks it the {earlier} before it first",) if flaky else ()
            depth = depth if flaky else Depth.THOROUGH
            kept = Kept(case=case, divergences=found, depth=depth, before=before, notes=told)
            if self.reports_dir is None:
                self._kept[kind], self._written[kind] = kept, None
            else:
                self._write(kind, kept)
                notes += told
        self._find(port.name, case.name, source, found, notes, self._written.get(kind))

    def _is_new(self, kind: Kind) -> bool:
        return kind not in self._written and sum(port == kind[0] for port, _ in self._written) < REPROS_MAX

    def _write(self, kind: Kind, kept: Kept) -> None:
        """Write the repro of a kind of divergence."""
        assert self.reports_dir is not None, "repros are written where there is a folder for them"
        name = kind[0]
        self._written[kind] = write_repro(
            self.reports_dir,
            subject=self.subject,
            case=kept.case,
            divergences=kept.divergences,
            port=name,
            candidate=self.panel.candidate_of(name),
            described=next(each.described for each in self.examined if each.name == name),
            depth=kept.depth,
            before=kept.before,
        )

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
        again = again or _again(repro)
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
        for port in self.recorded_ports():
            known = {finding.case for finding in self.report.findings if finding.port == port.name}
            if not port.examined.usable or port.not_compared:
                continue
            for problem in self.recorded[port.name] if port.name in self.recorded else self.check_port(port.name):
                if problem.fixture not in known and problem.divergence is not None:
                    # A fixture may hold nothing but calls, and then it is no case.
                    if problem.fixture in self._fixtures:
                        port.divergent[GOLDEN] += 1
                        self.report.divergent_cases.add((GOLDEN, problem.fixture))
                    else:
                        port.fixtures_divergent += 1
                        self.report.divergent_fixtures.add(problem.fixture)
                    self._find(port.name, problem.fixture, GOLDEN, [problem.divergence], (), None, self._verify(port.name))

    def recorded_ports(self) -> Sequence[PortReport]:
        """The ports that are asked for what was recorded."""
        golden = self.subject.golden
        if golden is None:
            return ()
        return self.report.ports if golden.holds_calls else self.report.ports[:1]

    def check_port(self, port: str) -> list[Problem]:
        """The problems of a port with what was recorded; none of one that is no longer asked."""
        golden = self.subject.golden
        assert golden is not None, "there are fixtures"
        given_up = port in self._given_up
        return [] if given_up else list(check_port(golden, self.panel, port, golden.read(golden.folder / "fixtures")))


def _again(repro: Path | None) -> str:
    return "" if repro is None else f"parity replay {repro}"
