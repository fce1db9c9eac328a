"""The report of a hunt: a table per operator, the survivors, the verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.mutants.catalogue import Mutant
from harness.mutants.compiled import CompiledBug
from harness.mutants.equivalents import Equivalent
from harness.mutants.forks import LOST_MAX
from harness.mutants.hunt import Hunted, Injected

# As the gate asks for (`1.power`).
SHARE_MIN = 0.995
# A killed mutant that the cases of a hunt find less surely than this is named.
CHANCE_MIN = 0.999
# Fates that do not show if a mutant can be distinguished from the reference.
UNKNOWN = {"stillborn": "stillborn", "missing": "MISSING", "lost": "LOST"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A mutant, its fate, and the argument if it is said to be equivalent."""

    mutant: Injected | CompiledBug
    hunted: Hunted
    equivalent: Equivalent | None = None

    @property
    def status(self) -> str:
        """One of killed, SURVIVED, equivalent, stillborn, MISSING, LOST, or REFUTED: said to be equivalent, but killed."""
        unknown = UNKNOWN.get(self.hunted.fate)
        if unknown is not None:
            return unknown
        if self.hunted.killed:
            return "REFUTED" if self.argued else "killed"
        return "equivalent" if self.argued else "SURVIVED"

    @property
    def argued(self) -> bool:
        """True if the mutant is said to be equivalent."""
        return self.equivalent is not None and not self.equivalent.rare

    @property
    def unexplained(self) -> bool:
        """True if the mutant survived without an argument."""
        return self.status == "SURVIVED" and self.equivalent is None

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        mutant = self.mutant
        why = self.equivalent.why if self.equivalent else None
        named = {"id": mutant.id, "where": mutant.where, "operator": mutant.operator, "change": mutant.change}
        return {**named, "status": self.status, **asdict(self.hunted), "chance": self.hunted.chance, "why": why}


@dataclass(frozen=True, kw_only=True)
class Share:
    """The numbers of killed and surviving mutants, among those that are not equivalent."""

    killed: int
    survived: int

    @property
    def value(self) -> float:
        """The share of killed mutants; 0.0 if there were none to kill."""
        made = self.killed + self.survived
        return self.killed / made if made else 0.0


def share_of(rows: Sequence[Row]) -> Share:
    """Count the killed and surviving mutants; historical bugs are not included."""
    statuses = [row.status for row in rows if isinstance(row.mutant, Mutant)]
    return Share(killed=statuses.count("killed") + statuses.count("REFUTED"), survived=statuses.count("SURVIVED"))


def exit_code_of(rows: Sequence[Row]) -> int:
    """Return 0 if the share is met, every survivor explained, every bug killed, no argument refuted and no mutant lost.

    Return 3 if the only problem is a missing port, and 1 otherwise.
    """
    made = [row for row in rows if isinstance(row.mutant, Mutant)]
    refuted = any(row.status == "REFUTED" for row in rows)
    slipped = any(row.status not in ("killed", "MISSING") for row in rows if not isinstance(row.mutant, Mutant))
    wanting = any(row.unexplained or row.status == "LOST" for row in rows)
    if refuted or slipped or wanting or (made and share_of(rows).value < SHARE_MIN):
        return 1
    return 3 if any(row.status == "MISSING" for row in rows) else 0


def to_json(rows: Sequence[Row], unreachable: Mapping[str, str], seconds: float) -> dict[str, Any]:
    """Return the report as plain data."""
    share = share_of(rows)
    return {
        "exit_code": exit_code_of(rows),
        "seconds": seconds,
        "killed": share.killed,
        "survived": share.survived,
        "share": share.value,
        "share_min": SHARE_MIN,
        "unreachable": dict(unreachable),
        "mutants": [row.to_json() for row in rows],
    }


def print_report(console: Console, rows: Sequence[Row], unreachable: Mapping[str, str], seconds: float) -> None:
    """Print tables, survivors and the verdict."""
    mutants = [row for row in rows if isinstance(row.mutant, Mutant)]
    bugs = [row for row in rows if not isinstance(row.mutant, Mutant)]
    if mutants:
        console.print(_by_operator(mutants))
    if bugs:
        console.print(_by_bug(bugs))
    for row in rows:
        for line in _remarks(row):
            console.print(line, markup=False, soft_wrap=True)
    reasons = Counter(row.equivalent.why for row in rows if row.status == "equivalent" and row.equivalent is not None)
    for why, count in reasons.most_common():
        console.print(f"equivalent, {count}: {why}", markup=False, soft_wrap=True)
    if mutants:
        console.print(f"not mutated, since no comparison reaches it: {', '.join(unreachable)}", markup=False, soft_wrap=True)
    if bugs:
        shrunk = [row.hunted.size_after for row in bugs if row.hunted.size_after is not None]
        size = f"; size after shrinking, median of {len(shrunk)}: {median(shrunk):g}" if shrunk else ""
        found = sum(row.status == "killed" for row in bugs)
        console.print(f"{found} of {len(bugs)} historical bugs were found{size}", markup=False)
    print_chances(console, rows)
    share = share_of(rows)
    told = (
        f"{share.killed} of {share.killed + share.survived} mutants that can be distinguished from the reference were killed: "
    )
    told += f"{share.value:.1%}, wanted {SHARE_MIN:.1%}: "
    if not share.killed + share.survived:
        told = "none of these mutants can be distinguished from the reference, so nothing is shown: "
    word = {0: "met", 1: "NOT MET", 3: "NOT MET, a port is missing"}[exit_code_of(rows)]
    console.print(f"{told if mutants else ''}{word}; {seconds:.0f} s", markup=False)


def print_chances(console: Console, rows: Sequence[Row]) -> None:
    """Name the kills that another seed may miss, and the least probable of all."""
    counted = [row for row in rows if row.status == "killed" and row.hunted.chance is not None]
    if not counted:
        return
    for row in sorted(counted, key=_chance):
        hunted = row.hunted
        if _chance(row) < CHANCE_MIN:
            text = f"RARE {row.mutant.id}: {hunted.kills} of {hunted.asked:,} cases kill it"
            text += f"; {hunted.cases:,} cases of another seed find it with a probability of {_chance(row):.4f}"
            console.print(text, markup=False, soft_wrap=True)
    least = min(counted, key=_chance)
    sure = sum(_chance(row) >= CHANCE_MIN for row in counted)
    text = f"{sure} of {len(counted)} would be killed by {least.hunted.cases:,} cases of another seed with a probability of "
    text += f"{CHANCE_MIN} or more; the least is {_chance(least):.4f} ({least.mutant.id})"
    console.print(text, markup=False, soft_wrap=True)


def _chance(row: Row) -> float:
    return 0.0 if row.hunted.chance is None else row.hunted.chance


def _remarks(row: Row) -> Iterator[str]:
    """Yield lines about a mutant whose fate is not the expected one."""
    bug = row.mutant
    if row.status == "LOST":
        yield f"LOST {bug.id}: its process ended {LOST_MAX + 1} times with {row.hunted.path}, which the mutant did not cause"
    if row.status == "MISSING" or (row.status == "stillborn" and not isinstance(bug, Mutant)):
        yield f"{row.status} {bug.id}: {row.hunted.path}"
    if row.status in ("SURVIVED", "REFUTED"):
        yield f"{row.status} {bug.id} in {bug.where}"
        yield from (f"  {sign} {text}" for sign, text in zip("-+", bug.change.split(" -> "), strict=False))
    if row.status in ("SURVIVED", "REFUTED") and row.equivalent is not None:
        yield f"  {'was said to be equivalent' if row.argued else 'seldom shows'}: {row.equivalent.why}"


def _by_operator(rows: Sequence[Row]) -> Table:
    names = ("operator", "made", "killed", "survived", "equivalent", "sequences", "seconds", "size, shrunk")
    table = Table(*names, title="Mutants (medians to the kill)", title_justify="left")
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.status != "stillborn":
            groups[row.mutant.operator].append(row)
    for operator, group in [*sorted(groups.items()), ("all", [row for each in groups.values() for row in each])]:
        statuses = [row.status for row in group]
        kills = [row.hunted for row in group if row.hunted.killed]
        shrunk = [each.size_after for each in kills if each.size_after is not None]
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
    built = any(row.hunted.build_seconds for row in rows)
    names = ["bug", "verdict", "sequences", "seconds", "size", "shrunk", *(["build, s"] if built else []), "where"]
    table = Table(*names, title="Historical bugs", title_justify="left")
    for row in rows:
        hunted = row.hunted
        before, after = hunted.size_before, hunted.size_after
        table.add_row(
            row.mutant.id.removeprefix("historical:"),
            row.status,
            str(hunted.sequences),
            f"{hunted.seconds:.2f}",
            "-" if before is None else str(before),
            "-" if after is None else str(after),
            *([f"{hunted.build_seconds:.0f}"] if built else []),
            hunted.path if hunted.killed else "-",
        )
    return table
