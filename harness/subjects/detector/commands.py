"""What `parity …  --subject detector` does, without the command line around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from generators.detector.bulk import generate_cases
from generators.detector.case import SeriesCase
from generators.detector.market import market_cases
from golden.detector.corpus import SeriesFixture, read_fixtures
from harness.engine.replay import progress_of
from harness.engine.repro import ReproError, check_reports_dir
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.golden import first_divergence
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.judging.judge import Verdict
from harness.subjects.detector.odd import look_at_series, third_detector_ports
from harness.subjects.detector.ports.isolation import BREAKDOWNS_MAX, CASE_SEC, caged
from harness.subjects.detector.ports.modules import REFERENCE, DetectorPort, Unnamed, open_detector_ports
from harness.subjects.detector.ports.threads import one_thread
from harness.subjects.detector.repro import read_detector_repro
from harness.subjects.detector.runner import GIVEN_UP, MARKET, SeriesReport, SeriesRunner

GOLDEN, GENERATED = "golden", "generated"
SOURCES = (GOLDEN, GENERATED, MARKET)


@dataclass(frozen=True, kw_only=True)
class DetectorOptions:
    """What `parity run --subject detector` was asked to do."""

    sequences: int = 300
    seed: int = 0
    candles: Path | None = None
    market_windows: int | None = None
    ports: Sequence[str] = ()
    modules: Sequence[str] = ()
    reports_dir: Path = Path("reports")
    timeout_sec: float = CASE_SEC


def run_detector(options: DetectorOptions, *, console: Console, quiet: bool) -> SeriesReport:
    """Golden, generated and market-driven cases through every port. Raises the errors of its inputs."""
    check_reports_dir(options.reports_dir)
    contract = load_detector_contract()
    fixtures = read_fixtures()
    market = [] if options.market_windows == 0 else market_cases(options.candles, windows_max=options.market_windows)
    sources: list[tuple[str, Iterable[SeriesCase], int]] = [
        (GOLDEN, [fixture.definition.case for fixture in fixtures], len(fixtures)),
        (GENERATED, generate_cases(options.seed, options.sequences), options.sequences),
        (MARKET, market, len(market)),
    ]
    ports = open_detector_ports(options.ports, modules=options.modules)
    runner = SeriesRunner(ports, contract=contract, reports_dir=options.reports_dir, timeout_sec=options.timeout_sec)
    try:
        runner.check_surfaces()
        with one_thread(), progress_of(sources, console, quiet=quiet) as advance:
            for source, cases, _ in sources:
                runner.run(source, cases, progress=advance)
            _check_recorded(runner, fixtures)
    finally:
        runner.close()
    runner.report.never_hit = runner.report.tallies[GENERATED].never_hit()
    _note_gaps(runner.report)
    return runner.report


def _check_recorded(runner: SeriesRunner, fixtures: Sequence[SeriesFixture]) -> None:
    """Hold the reference to what was recorded, so that one that drifted cannot vouch for itself."""
    port, report = runner.reference, runner.report.ports[0]
    if not report.usable:
        return
    for fixture in fixtures:
        found = first_divergence(port, fixture, runner.contract)
        if found is not None:
            runner.note_finding(port.name, report, GOLDEN, fixture.definition.case, Verdict([found]))


def _note_gaps(report: SeriesReport) -> None:
    for port in report.ports:
        available = port.availability
        if not available.available:
            report.notes.append(f"{available.word}: port {port.name}: {available.reason}; {available.remedy}")
        for name in port.lacks:
            cases = port.not_compared[name]
            report.notes.append(f"MISSING: port {port.name}: it has no {name}; {cases} case(s) were not compared for it")
        if port.not_compared[GIVEN_UP]:
            report.notes.append(f"GIVEN UP: port {port.name}: it broke down {BREAKDOWNS_MAX} times; "
                                f"{port.not_compared[GIVEN_UP]} case(s) were not compared")  # fmt: skip


def replay_detector(path: Path, *, modules: Sequence[str], timeout_sec: float = CASE_SEC) -> tuple[int, dict[str, Any]]:
    """Run a repro again: exit code 1 while it diverges, 0 once it no longer does, 3 where its port is missing."""
    repro = read_detector_repro(path)
    known, _, module = repro.port.partition(":")
    wanted = list(modules) or ([module] if known == "module" else [])
    ports = open_detector_ports([REFERENCE] if wanted else [REFERENCE, repro.port], modules=wanted)
    reference, candidate = ports[0], ports[-1]
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        port = stack.enter_context(caged(candidate, timeout_sec=timeout_sec))
        for name, available in ((reference.name, reference.availability()), (port.name, port.opened().available)):
            if not available.available:
                return 3, {"port": name, "missing": f"{available.reason}; {available.remedy}"}
        contract, real = load_detector_contract(), repro.real
        expected = _by_reference(reference, repro.case, path)
        try:
            verdict = hold(port, case=repro.case, reference=expected, contract=contract, reference_port=reference, real=real)
        except Unnamed as error:
            return 3, {"port": port.name, "missing": f"it has no {error}"}
        rows = [divergence.to_json() for divergence in verdict.divergences]
        if not rows:
            return 0, {"port": port.name, "divergences": []}
        cages = {port.name: port}
        for third in third_detector_ports([candidate]):
            cages[third.name] = stack.enter_context(caged(third, timeout_sec=timeout_sec))
        look = look_at_series(repro.case, reference, cages, contract, real=real)
        return 1, {"port": port.name, "divergences": rows, "look": look.to_json()}


def _by_reference(reference: DetectorPort, case: SeriesCase, path: Path) -> dict[str, Any]:
    """What the reference answers; a case that it cannot even be asked is none. Raises `ReproError`."""
    try:
        return answer(reference, case)
    except Exception as error:
        raise ReproError(f"{path}: holds no case that can be run ({type(error).__name__}: {error}); restore it") from error


def examine_detector(ports: Sequence[DetectorPort]) -> tuple[int, list[dict[str, Any]]]:
    """What `parity doctor` finds: a row per port of the detector, and the exit code."""
    contract = load_detector_contract()
    rows: list[dict[str, Any]] = []
    for port in ports:
        with caged(port) as cage:
            opened = cage.opened()
            available = opened.available
            row: dict[str, Any] = {"subject": "detector", "port": port.name, "available": available.available}
            if available.available:
                row |= {"version": opened.version, "lacks": list(opened.lacks)}
                row["divergences"] = [divergence.to_json() for divergence in cage.differing(contract.surface)]
            else:
                row |= {"word": available.word, "reason": available.reason, "remedy": available.remedy}
            rows.append(row)
    if any(row.get("divergences") for row in rows):
        return 1, rows
    return (0 if all(row["available"] and not row["lacks"] for row in rows) else 3), rows
