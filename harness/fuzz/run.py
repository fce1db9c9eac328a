"""A fuzz run from its plan to its end: batches to workers, results to the ledger, news to whoever listens."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from harness.engine.builds import builds_of, differing_builds
from harness.engine.plan import FuzzPlan
from harness.engine.waivers import Waiver, find_is_waived, waivers_from
from harness.engine.workers import run_locally
from harness.fuzz.batch import run_batch
from harness.fuzz.cluster import run_on_cluster
from harness.fuzz.recheck import hold_again
from harness.store.ledger import DONE, STOPPED, Ledger, LedgerError, Run
from harness.store.records import BatchResult, Find


@dataclass
class Progress:
    """The state of a run that is going on."""

    batches: int
    done: int = 0
    before: int = 0
    cases: int = 0
    steps: int = 0
    divergent: int = 0
    interrupted: bool = False
    waivers: Sequence[Waiver] = ()
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    new: list[Find] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Cases a second, of this attempt."""
        return self.cases / max(1e-9, self.elapsed_sec)

    @property
    def elapsed_sec(self) -> float:
        """Seconds of this attempt."""
        return time.monotonic() - self.started

    @property
    def left_sec(self) -> float:
        """Seconds until the end, if the rate stays; cases of an earlier attempt say nothing of it."""
        return (self.batches - self.done) / max(1, self.done - self.before) * self.elapsed_sec


Listener = Callable[[Progress], None]


def begin(ledger: Ledger, plan: FuzzPlan) -> Run:
    """A new run in the ledger."""
    return ledger.start(subject=plan.subject, plan=plan.to_json(), builds=builds_of(plan))


def resumed(ledger: Ledger, run: Run, plan: FuzzPlan) -> Run:
    """The run itself.

    Raises `LedgerError` if what it was run on has changed since, as its batches would not go together, and for batches that it
    did not record so.
    """
    changed = differing_builds(plan, run.builds)
    if changed:
        raise LedgerError(f"--resume {run.id}: {', '.join(changed)} changed since; start a new run")
    ledger.check_run(run.id, resumed=True)
    return run


def carry_out(
    ledger: Ledger,
    run: Run,
    plan: FuzzPlan,
    *,
    workers: int,
    cluster: str | None,
    time_budget_sec: float | None,
    listen: Listener,
) -> Progress:
    """Run every batch that is not in the ledger yet. Stops early, to be resumed, when the time is up or the user says so."""
    finished = ledger.finished(run.id)
    unplanned = sorted(number for number in finished if not 0 <= number < plan.batch_count)
    if unplanned:
        raise LedgerError(
            f"run {run.id}: the ledger has batch {unplanned[0]} of {plan.batch_count}; it was changed, start a new run"
        )
    progress = Progress(plan.batch_count, done=len(finished), before=len(finished), waivers=waivers_from(plan.waivers))
    seen = {(find.port, find.fingerprint) for find in ledger.finds(run.id)}
    open_numbers = [number for number in range(plan.batch_count) if number not in finished]
    deadline = None if time_budget_sec is None else progress.started + time_budget_sec
    # Whatever time is left: what was not looked at again must not count.
    again = partial(_results, run, plan, workers=workers, cluster=cluster, deadline=None)
    hold_again(ledger, run.id, plan, finished, again)
    try:
        with closing(_results(run, plan, open_numbers, workers, cluster, deadline)) as results:
            for result in results:
                if ledger.record(run.id, result):
                    _count(progress, result, seen)
                    listen(progress)
                if deadline is not None and time.monotonic() > deadline:
                    break
    except KeyboardInterrupt:
        progress.interrupted = True
    except BaseException:
        # What went wrong is the news; that the ledger cannot be told of it would only hide it.
        with suppress(SQLAlchemyError, LedgerError):
            _end(ledger, run, plan)
        raise
    _end(ledger, run, plan)
    return progress


def _end(ledger: Ledger, run: Run, plan: FuzzPlan) -> None:
    # Another attempt may have brought the rest meanwhile.
    whole = len(ledger.finished(run.id)) == plan.batch_count
    ledger.end(run.id, state=DONE if whole else STOPPED)


def _results(
    run: Run, plan: FuzzPlan, numbers: list[int], workers: int, cluster: str | None, deadline: float | None
) -> Generator[BatchResult]:
    if cluster is not None:
        return run_on_cluster(plan.to_json(), run.builds, numbers, cluster, deadline=deadline)
    return _locally(run, plan, numbers, workers, deadline)


def _locally(run: Run, plan: FuzzPlan, numbers: list[int], workers: int, deadline: float | None) -> Generator[BatchResult]:
    work = partial(run_batch, plan.to_json(), run.builds)
    with closing(run_locally(work, numbers, workers, deadline=deadline)) as results:
        for _, result in results:
            yield result


def _count(progress: Progress, result: BatchResult, seen: set[tuple[str, str]]) -> None:
    progress.done += 1
    progress.cases += result.cases
    progress.steps += result.steps
    progress.divergent += result.divergent
    for kind, numbers in result.counts.items():
        progress.counts.setdefault(kind, Counter()).update(numbers)
    progress.new = [
        find
        for find in result.finds
        if (find.port, find.fingerprint) not in seen and not find_is_waived(progress.waivers, find)
    ]
    seen.update((find.port, find.fingerprint) for find in result.finds)
