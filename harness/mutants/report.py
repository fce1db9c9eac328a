"""What a hunt came to: a table per operator, the survivors, the verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.mutants.catalogue import Mutant
from harness.mutants.equivalents import Equivalent
from harness.mutants.historical import Historical
from harness.mutants.hunt import Hunted, Planted

SHARE_MIN = 0.98


@dataclass(frozen=True, kw_only=True)
class Row:
    """A mutant, what became of it, and the argument where it is equivalent."""

    mutant: Planted
    hunted: Hunted
    equivalent: Equivalent | None = None

    @property
    def status(self) -> str:
        """One word: KILLED, SURVIVED, equivalent, stillborn; or REFUTED: called equivalent, and killed all the same."""
        if self.hunted.fate == "stillborn":
            return "stillborn"
        if self.hunted.killed:
            return "REFUTED" if self.argued else "killed"
        return "equivalent" if self.argued else "SURVIVED"

    @property
    def argued(self) -> bool:
        """Whether it is said to be equivalent."""
        return self.equivalent is not None and not self.equivalent.rare

    @property
    def unexplained(self) -> bool:
        """Whether it survived and nobody says why."""
        return self.status == "SURVIVED" and self.equivalent is None

    def to_json(self) -> dict[str, Any]:
        """The row as plain data."""
        mutant = self.mutant
        why = self.equivalent.why if self.equivalent else None
        named = {"id": mutant.id, "where": mutant.where, "operator": mutant.operator, "change": mutant.change}
        return {**named, "status": self.status, **asdict(self.hunted), "why": why}


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of the mutants that can be told from the reference were killed."""

    killed: int
    survived: int

    @property
    def value(self) -> float:
        """1.0 where there was none to kill."""
        made = self.killed + self.survived
        return self.killed / made if made else 1.0


def share_of(rows: Sequence[Row]) -> Share:
    """Over the rows of operators; the historical bugs are counted on their own."""
    statuses = [row.status for row in rows if isinstance(row.mutant, Mutant)]
    return Share(killed=statuses.count("killed") + statuses.count("REFUTED"), survived=statuses.count("SURVIVED"))


def exit_code_of(rows: Sequence[Row]) -> int:
    """0 where the share is met, every survivor explained, every historical bug killed and no argument refuted."""
    refuted = any(row.status == "REFUTED" for row in rows)
    slipped = any(row.status != "killed" for row in rows if isinstance(row.mutant, Historical))
    unexplained = any(row.unexplained for row in rows)
    return 1 if refuted or slipped or unexplained or share_of(rows).value < SHARE_MIN else 0


def to_json(rows: Sequence[Row], beyond: Mapping[str, str], seconds: float) -> dict[str, Any]:
    """The report as plain data."""
    share = share_of(rows)
    return {
        "exit_code": exit_code_of(rows),
        "seconds": seconds,
        "killed": share.killed,
        "survived": share.survived,
        "share": share.value,
        "share_min": SHARE_MIN,
        "beyond_the_wire": dict(beyond),
        "mutants": [row.to_json() for row in rows],
    }


def print_report(console: Console, rows: Sequence[Row], beyond: Mapping[str, str], seconds: float) -> None:
    """Tables, survivors, verdict."""
    console.print(_by_operator([row for row in rows if isinstance(row.mutant, Mutant)]))
    historical = [row for row in rows if isinstance(row.mutant, Historical)]
    if historical:
        console.print(_by_bug(historical))
    for row in rows:
        if row.status in ("SURVIVED", "REFUTED"):
            console.print(f"{row.status} {row.mutant.id} in {row.mutant.where}", markup=False, soft_wrap=True)
            for sign, text in zip("-+", row.mutant.change.split(" -> "), strict=False):
                console.print(f"  {sign} {text}", markup=False, soft_wrap=True)
            if row.equivalent is not None:
                word = "was said to be equivalent" if row.argued else "seldom shows"
                console.print(f"  {word}: {row.equivalent.why}", markup=False, soft_wrap=True)
    reasons: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if row.status == "equivalent" and row.equivalent is not None:
            reasons[row.equivalent.why] += 1
    for why, count in sorted(reasons.items(), key=lambda item: -item[1]):
        console.print(f"equivalent, {count}: {why}", markup=False, soft_wrap=True)
    console.print(f"not mutated, beyond the wire: {', '.join(beyond)}", markup=False, soft_wrap=True)
    share = share_of(rows)
    word = "met" if exit_code_of(rows) == 0 else "NOT MET"
    console.print(
        f"{share.killed} of {share.killed + share.survived} mutants that can be told from the reference were killed: "
        f"{share.value:.1%}, wanted {SHARE_MIN:.0%}: {word}; {seconds:.0f} s",
        markup=False,
    )


def _by_operator(rows: Sequence[Row]) -> Table:
    names = ("operator", "made", "killed", "survived", "equivalent", "sequences", "seconds", "events, shrunk")
    table = Table(*names, title="Mutants (medians to the kill)", title_justify="left")
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.status != "stillborn":
            groups[row.mutant.operator].append(row)
    for operator, group in [*sorted(groups.items()), ("all", [row for each in groups.values() for row in each])]:
        statuses = [row.status for row in group]
        kills = [row.hunted for row in group if row.hunted.killed]
        shrunk = [each.events_after for each in kills if each.events_after is not None]
        table.add_row(
            operator,
            str(len(group)),
            str(statuses.count("killed") + statuses.count("REFUTED")),
            str(statuses.count("SURVIVED")),
            str(statuses.count("equivalent")),
            _median([each.sequences for each in kills], "{:.0f}"),
            _median([each.seconds for each in kills], "{:.2f}"),
            f"{_median(shrunk, '{:.0f}')} ({len(shrunk)} mutants)" if shrunk else "-",
        )
    return table


def _median(values: Sequence[float], form: str) -> str:
    return form.format(median(values)) if values else "-"


def _by_bug(rows: Sequence[Row]) -> Table:
    table = Table("bug", "verdict", "sequences", "seconds", "events", "shrunk", "where", title="Historical bugs")
    for row in rows:
        hunted = row.hunted
        before, after = hunted.events_before, hunted.events_after
        table.add_row(
            row.mutant.id.partition(":")[2],
            row.status,
            str(hunted.sequences),
            f"{hunted.seconds:.2f}",
            "-" if before is None else str(before),
            "-" if after is None else str(after),
            hunted.path,
        )
    return table
