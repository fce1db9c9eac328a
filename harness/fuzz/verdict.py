"""The verdict on a fuzz run: one word, one exit code, and the sentences behind them."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.coverage.figures import Figure
from harness.engine.met import never_met
from harness.engine.plan import FuzzPlan
from harness.engine.waivers import Waiver, stale, waivers_from
from harness.fuzz.coverage import gaps_of
from harness.store.ledger import Ledger, Total
from harness.words import counted

# None in n cases: with 95 % confidence the share of divergent cases of this distribution is at most 3 / n.
RULE_OF_THREE = 3.0
# Memory is compared between the batches after the first third and the last ones, once there are this many.
BATCHES_TO_JUDGE_MEMORY = 40
# Less than this many bytes more is noise.
MEMORY_GROWTH_MAX, MEMORY_NOISE_BYTES = 1.1, 16 * 2**20
EXIT_CODES = {"PARITY": 0, "WAIVED": 0, "DIVERGENCE": 1, "NOT MET": 1, "INCOMPLETE": 130, "MISSING": 3}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A run at its end, or as far as it came. `gaps` says, a sentence each, what a run has to show and this one does not."""

    run_id: str
    complete: bool
    total: Total
    counts: Mapping[str, Counter[str]]
    waivers: Sequence[Waiver]
    gaps: Sequence[str]
    memory: tuple[float, float] | None
    figures: Sequence[Figure] = ()
    interrupted: bool = False

    @property
    def excused(self) -> int:
        """Cases that were compared only as far as the reference agrees with itself."""
        return self.counts.get("judged", Counter())["excused"]

    @property
    def word(self) -> str:
        """PARITY, WAIVED, DIVERGENCE, NOT MET, INCOMPLETE or, where coverage was asked for and could not be measured, MISSING.

        A waived divergence is never parity.
        """
        if self.total.divergent > self.total.waived:
            return "DIVERGENCE" if self.complete else "INCOMPLETE"
        if self.gaps:
            return "NOT MET"
        if not self.complete or self.interrupted:
            return "INCOMPLETE"
        if any(figure.reason for figure in self.figures):
            return "MISSING"
        return "WAIVED" if self.total.waived else "PARITY"

    @property
    def exit_code(self) -> int:
        """1 for any divergence that nobody waived and any gap, else 130 if batches are still open, 3 if a figure is missing."""
        return 1 if self.total.divergent > self.total.waived else EXIT_CODES[self.word]

    def sums(self) -> dict[str, Any]:
        """What the run came to, as plain data."""
        total = self.total
        return {
            "cases": total.cases,
            "steps": total.steps,
            "divergent": total.divergent,
            "waived": total.waived,
            "excused": self.excused,
            "bound": self.bound,
            "gaps": list(self.gaps),
        }

    @property
    def bound(self) -> float | None:
        """The largest share of divergent cases that this many without one leave likely; None where there was one."""
        return self._bound(self.total.cases - self.excused)

    @property
    def bound_thorough(self) -> float | None:
        """The same of what only some cases are asked; None where every case is asked everything."""
        asked = self.counts.get("asked")
        return None if asked is None else self._bound(asked["thoroughly"])

    def _bound(self, compared: int) -> float | None:
        return min(1.0, RULE_OF_THREE / compared) if not self.total.divergent and compared else None

    def sentence(self, rate: float, ledger: str = "") -> str:
        """The verdict in a line; `rate` is in cases a second, `ledger` the option that names the ledger, if it is needed."""
        total = self.total
        text = f"{self.word}: {counted(total.cases, 'case')}, {counted(total.steps, 'step')}, {total.divergent} divergent"
        text += f", {total.waived} of them waived" if total.waived else ""
        text += f", {self.excused} excused" if self.excused else ""
        text += f", {rate:.0f} cases/s in this attempt"
        if self.word == "PARITY" and self.bound is not None:
            text += f"; at most {100.0 * self.bound:.3g} % of such cases diverge"
            if self.bound_thorough is not None:
                asked = self.counts["asked"]["thoroughly"]
                share = f"{100.0 * self.bound_thorough:.3g} % in sessions and other methods"
                text += f" in their replay, and {share}, which {asked} of them were asked"
            text += " (95 % confidence)"
        if self.word == "INCOMPLETE":
            text += f"; go on with parity fuzz --resume {self.run_id}{ledger}"
        return text


def verdict_of(
    ledger: Ledger, run_id: str, plan: FuzzPlan, figures: Sequence[Figure] = (), *, interrupted: bool = False
) -> Verdict:
    """The verdict on what of a run is in the ledger, and on its coverage where that was asked for."""
    total, counts = ledger.total(run_id), ledger.counts(run_id)
    complete = total.batches == plan.batch_count
    waivers = waivers_from(plan.waivers)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    gaps = stale(waivers, counts.get("waiver", Counter()), today=today, complete=complete)
    if complete:
        gaps += [f"NEVER MET: {each}" for each in never_met(plan.about().tally, plan.sequences, counts)]
    memory = memory_of(ledger.memory(run_id))
    if memory is not None and memory[1] > max(memory[0] * MEMORY_GROWTH_MAX, memory[0] + MEMORY_NOISE_BYTES):
        gaps.append(f"MEMORY GROWS: from {memory[0] / 2**20:.0f} MiB a worker to {memory[1] / 2**20:.0f} MiB")
    gaps += [f"NOT REACHED: {each}" for each in gaps_of(plan, figures)]
    return Verdict(
        run_id=run_id,
        complete=complete,
        total=total,
        counts=counts,
        waivers=waivers,
        gaps=gaps,
        memory=memory,
        figures=figures,
        interrupted=interrupted,
    )


def memory_of(sizes: Sequence[int]) -> tuple[float, float] | None:
    """Medians of a worker's memory early and late in a run, in bytes; None where there are too few batches to tell."""
    if len(sizes) < BATCHES_TO_JUDGE_MEMORY:
        return None
    # The first third fills caches that are bounded.
    third, tenth = len(sizes) // 3, len(sizes) // 10
    return median(sizes[third : third + tenth]), median(sizes[-tenth:])
