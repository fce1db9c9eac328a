"""Figures of a run on the detector: levels compared, largest differences, identical values, and excused cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from generators.detector.case import KINDS, DetectorCase
from generators.plain import Json
from harness.comparators.epsilon import Largest
from harness.panel import Judgement
from harness.subject import Measures
from harness.subjects.detector.judging.judge import EXCUSES, Verdict, level_of
from harness.subjects.detector.judging.statistical import Likeness
from harness.words import counted

LARGEST_SHOWN_MAX = 16
PARAMETERS = ("startprob", "transmat", "means", "covars")


@dataclass(frozen=True)
class Excuse:
    """A case that passed a weaker comparison only: which one, how the reference's own outcome differs, and the likeness."""

    case: str
    to: str
    demonstration: str
    likeness: Likeness | None


class DetectorMeasures(Measures):
    """Figures of one port. Counters are by kind of case, by level, or by value that must be identical in every training."""

    def __init__(self) -> None:
        self.kinds, self.divergent = Counter[str](), Counter[str]()
        self.levels, self.levels_divergent = Counter[str](), Counter[str]()
        self.identical, self.trained = Counter[str](), Counter[str]()
        self.excused: list[Excuse] = []
        self.largest: dict[str, Largest] = {}
        self.ties = self.degenerate = 0

    def add(self, case: DetectorCase, judgement: Judgement) -> None:
        """Add the verdict on a case."""
        verdict: Verdict = judgement.measures
        self.kinds[case.kind] += 1
        self.degenerate += case.degenerate
        self.levels.update(verdict.levels)
        self.ties += verdict.ties
        for name, same in verdict.identical:
            self.trained[name] += 1
            self.identical[name] += same
        if verdict.excused is not None:
            self.excused.append(Excuse(case.name, verdict.excused, verdict.demonstration or "", verdict.likeness))
        elif not verdict.divergences and not case.degenerate:
            for path, largest in verdict.largest.items():
                self.largest.setdefault(path, Largest()).add(largest)
        if verdict.divergences:
            self.divergent[case.kind] += 1
            self.levels_divergent[level_of(verdict.divergences[0].path)] += 1

    def absorb(self, other: DetectorMeasures) -> None:
        """Add the figures of other cases."""
        for name in ("kinds", "divergent", "levels", "levels_divergent", "identical", "trained"):
            getattr(self, name).update(getattr(other, name))
        self.excused += other.excused
        self.ties += other.ties
        self.degenerate += other.degenerate
        for path, largest in other.largest.items():
            self.largest.setdefault(path, Largest()).add(largest)

    def tables(self, port: str) -> Sequence[Any]:
        """Return tables of kinds, levels and largest differences, followed by lines of text."""
        return [self._kinds_table(port), self._levels_table(port), self._largest_table(port), *self._lines(port)]

    def _kinds_table(self, port: str) -> Table:
        names = ("kind", "cases", "divergent")
        table = Table(*names, title=f"Cases by kind: {port}, {self.degenerate} degenerate", title_justify="left")
        for kind in KINDS:
            table.add_row(kind, str(self.kinds[kind]), str(self.divergent[kind]))
        return table

    def _levels_table(self, port: str) -> Table:
        """Count the comparisons of each level, and the cases in which it diverged first."""
        table = Table("level", "compared", "divergent", title=f"Levels compared: {port}", title_justify="left")
        for level, compared in sorted(self.levels.items()):
            table.add_row(level, str(compared), str(self.levels_divergent[level]))
        return table

    def _largest_table(self, port: str) -> Table:
        """List the largest differences at parity, those closest to their tolerance first."""
        names = ("field", "difference", "of its column", "of its tolerance", "values")
        table = Table(*names, title=f"Largest differences at parity: {port}", title_justify="left")
        entries = sorted(self.largest.items(), key=lambda item: (-item[1].share, -item[1].difference))
        for path, each in [entry for entry in entries if entry[1].difference > 0.0][:LARGEST_SHOWN_MAX]:
            table.add_row(path, f"{each.difference:.1e}", f"{each.relative:.1e}", f"{each.share:.1e}", str(each.count))
        return table

    def _lines(self, port: str) -> list[str]:
        lines = [f"{port}: {name} identical: {self.identical[name]} of {self.trained[name]}" for name in sorted(self.trained)]
        lines.append(f"{port}: largest parameter difference {self.largest_parameter:.1e} of the largest in its column")
        how = Counter(excuse.to for excuse in self.excused)
        fell_back = ", ".join(f"{how[to]} to {to}" for to in EXCUSES)
        lines.append(
            f"{port}: {counted(len(self.excused), 'case')} fell back: {fell_back}; {counted(self.ties, 'rounding tie')}"
        )
        for excuse in self.excused:
            likeness = "" if excuse.likeness is None else f": {excuse.likeness.to_json()}"
            lines.append(f"FELL BACK: {port}: {excuse.case} to {excuse.to}, since {excuse.demonstration}{likeness}")
        return lines

    @property
    def largest_parameter(self) -> float:
        """The largest difference of any parameter of a trained model, as a share of the largest value in its column."""
        differences = [
            largest.relative
            for path, largest in self.largest.items()
            if path.startswith("$.same_seed") and ".trained." in path and path.rpartition(".")[2] in PARAMETERS
        ]
        return max(differences, default=0.0)

    def to_json(self) -> Json:
        """Return the figures as plain data."""
        return {
            "kinds": {kind: {"cases": self.kinds[kind], "divergent": self.divergent[kind]} for kind in KINDS},
            "degenerate": self.degenerate,
            "levels": {
                level: {"compared": count, "divergent": self.levels_divergent[level]} for level, count in self.levels.items()
            },
            "identical": {name: {"same": self.identical[name], "of": total} for name, total in self.trained.items()},
            "largest_parameter_difference": self.largest_parameter,
            "largest": {path: vars(largest) for path, largest in self.largest.items()},
            "excused": [
                {**vars(excuse), "likeness": None if excuse.likeness is None else excuse.likeness.to_json()}
                for excuse in self.excused
            ],
            "rounding_ties": self.ties,
        }
