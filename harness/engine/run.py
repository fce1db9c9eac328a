"""A run: every case through every port, every outcome against the reference's."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from harness.engine.met import Met
from harness.engine.outcome import GENERATED, GOLDEN, MARKET, RunReport
from harness.engine.repro import check_reports_dir
from harness.engine.runner import Progress, Runner, Seen, unseen
from harness.engine.shares import Source, run_shares
from harness.panel import PortRequest
from harness.subject import Subject
from harness.subjects.registry import subject_called

if TYPE_CHECKING:
    from generators.candles import CandleSeries

# With fewer cases, starting the processes takes longer than they save.
CASES_FOR_WORKERS = 300


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of `parity run`.

    `market_windows` bounds the cases made of candles; None stands for all. `workers` is the number of processes; None stands
    for one for each CPU where there are many cases.
    """

    ports: PortRequest
    sequences: int = 1000
    seed: int = 0
    settings: Mapping[str, int] = field(default_factory=dict)
    candles: Path | None = None
    market_windows: int | None = None
    reports_dir: Path = Path("reports")
    workers: int | None = None

    def workers_for(self, cases: int) -> int:
        """The processes for so many cases; one is this process."""
        if self.workers is not None:
            return self.workers
        return os.cpu_count() or 1 if cases >= CASES_FOR_WORKERS else 1


class Generated(Sequence[Seen]):
    """The generated cases of a run, each made when it is looked at."""

    def __init__(self, subject: str, seed: int, indexes: range, settings: Mapping[str, int]) -> None:
        self.subject, self.seed, self.indexes, self.settings = subject, seed, indexes, settings

    def __len__(self) -> int:
        """Return how many cases there are."""
        return len(self.indexes)

    @overload
    def __getitem__(self, index: int) -> Seen: ...

    @overload
    def __getitem__(self, index: slice) -> Generated: ...

    def __getitem__(self, index: int | slice) -> Seen | Generated:
        """Return a case with what the reference answered while it was made, or some of the cases."""
        if isinstance(index, slice):
            return Generated(self.subject, self.seed, self.indexes[index], self.settings)
        return subject_called(self.subject).cases.generate_seen(self.seed, self.indexes[index], self.settings)


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
    generated = Generated(subject.name, options.seed, range(options.sequences), options.settings)
    return [(GOLDEN, unseen(golden)), (GENERATED, generated), (MARKET, unseen(market))]


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
            started = time.perf_counter()
            for source, _ in sources:
                runner.report.met[source] = Met(subject.tally)
            workers = options.workers_for(sum(len(cases) for _, cases in sources))
            if workers == 1:
                for source, cases in sources:
                    runner.run_seen(source, cases, progress=progress)
            else:
                with closing(run_shares(runner, options.ports, sources, workers, progress)) as parts:
                    for part in parts:
                        runner.absorb(part)
            runner.report.elapsed_sec = time.perf_counter() - started
            runner.check_recorded()
    runner.report.candles = candles
    runner.report.never_met = runner.report.met[GENERATED].never_met() if GENERATED in runner.report.met else []
    return runner.report
