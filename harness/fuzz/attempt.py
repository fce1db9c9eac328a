"""One attempt of a fuzz run: as far as it comes before it is whole, the time is up, or somebody stops it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from harness.coverage.figures import Figure
from harness.engine.plan import FuzzPlan
from harness.engine.waivers import find_is_waived, waivers_from
from harness.fuzz.coverage import covered
from harness.fuzz.progress import telling
from harness.fuzz.run import carry_out
from harness.fuzz.triage import SHRINK_SEC, Triaged, triage
from harness.fuzz.verdict import Verdict, verdict_of
from harness.store.ledger import Ledger, Run


@dataclass
class Attempt:
    """A attempt, and what has come of it so far. Whoever interrupts it once gets the verdict on what there is."""

    ledger: Ledger
    run: Run
    plan: FuzzPlan
    console: Console
    time_budget_sec: float | None
    interrupted: bool = False
    rate: float = 0.0
    triaged: list[Triaged] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def left_sec(self) -> float:
        """Seconds until the time is up."""
        return float("inf") if self.time_budget_sec is None else self.time_budget_sec - (time.monotonic() - self.started)

    def carry_out(self, *, workers: int, cluster: str | None) -> None:
        """Run the batches that are open."""
        with telling(self.console) as listen:
            progress = carry_out(
                self.ledger,
                self.run,
                self.plan,
                workers=workers,
                cluster=cluster,
                time_budget_sec=self.time_budget_sec,
                listen=listen,
            )
        self.rate, self.interrupted = progress.rate, progress.interrupted

    def triage(self, reports_dir: Path, finds_max: int) -> None:
        """Make the finds small and keep their repros, the first ones, as far as there is time."""
        try:
            waivers = waivers_from(self.plan.waivers)
            # First what a case's own events show.
            for find in sorted(self.ledger.finds(self.run.id), key=lambda find: find.divergence["step"] is None):
                if find_is_waived(waivers, find):
                    continue
                if self.interrupted or len(self.triaged) >= finds_max:
                    break
                if self.left_sec <= 0.0:
                    self._say(f"NOT SHRUNK {find.fingerprint}: the time is up; the run, resumed, makes it small")
                    continue
                found = triage(self.plan, find, reports_dir, time_budget_sec=min(SHRINK_SEC, self.left_sec))
                self.triaged.append(found)
                self.ledger.record_repro(self.run.id, found.record())
        except KeyboardInterrupt:
            self.interrupted = True

    def measure(self) -> None:
        """Measure the coverage, if it was asked for and the run is whole."""
        try:
            if not self.interrupted:
                self.figures = covered(self.ledger, self.run.id, self.plan)
        except KeyboardInterrupt:
            self.interrupted = True

    def verdict(self) -> Verdict:
        """The verdict on what is in the ledger."""
        return verdict_of(self.ledger, self.run.id, self.plan, self.figures, interrupted=self.interrupted)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)
