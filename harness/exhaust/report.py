"""What an exploration came to: a word, an exit code, the figures, the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.exhaust.explore import EXACT, Options
from harness.exhaustion import Explored
from harness.fuzz.verdict import EXIT_CODES
from harness.words import counted


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The worlds that were explored, and how. `ports` are those that were asked, `missing` those that are not here."""

    worlds: Sequence[Explored]
    options: Options
    ports: Sequence[str]
    bound: str
    missing: Sequence[str] = ()

    def total(self, name: str) -> int:
        """The sum of a count over all worlds."""
        return sum(getattr(world, name) for world in self.worlds)

    @property
    def divergent(self) -> int:
        """The steps that any port answers otherwise than the reference."""
        return sum(sum(world.divergent.values()) for world in self.worlds)

    @property
    def faults(self) -> list[str]:
        """What the reference or the view did wrong, a sentence each."""
        broken = [f"{way}: {sentence}" for world in self.worlds for sentence, way in world.broken.items()]
        return broken + [sentence for world in self.worlds for sentence in world.contradictions]

    @property
    def open(self) -> list[Explored]:
        """The worlds that were not explored to their end."""
        return [world for world in self.worlds if not world.closed]

    @property
    def word(self) -> str:
        """PARITY, DIVERGENCE, NOT MET where a promise or a merge does not hold, MISSING, or INCOMPLETE.

        A depth that was asked for is a bound, and no world has to close within it.
        """
        if self.divergent:
            return "DIVERGENCE"
        if self.faults:
            return "NOT MET"
        if self.missing or not self.ports:
            return "MISSING"
        timed_out = any(world.timed_out for world in self.worlds)
        return "INCOMPLETE" if timed_out or (self.open and self.options.depth is None) else "PARITY"

    @property
    def exit_code(self) -> int:
        """The exit code of the word."""
        return EXIT_CODES[self.word]

    @property
    def sentence(self) -> str:
        """What the exploration shows."""
        states, steps = counted(self.total("states"), "state"), counted(self.total("transitions"), "transition")
        text = f"{self.word}: {counted(len(self.worlds), 'world')}, {states}, {steps}, {self.divergent} divergent"
        if self.word != "PARITY":
            return text
        ports = f"{' and '.join(self.ports)} {'answers' if len(self.ports) == 1 else 'answer'}"
        reach = "any sequence of events"
        if self.open:
            reach = counted(self.options.depth or 0, "event")
        merged = "nothing merged" if self.options.merge == EXACT else "as far as their view tells states apart"
        return f"{text}; {ports} as the reference does in every state of these worlds that {reach} can reach, {merged}"

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {
            "verdict": self.word,
            "exit_code": self.exit_code,
            "sentence": self.sentence,
            "merge": self.options.merge,
            "ports": list(self.ports),
            "missing": list(self.missing),
            "worlds": [_row(world) for world in self.worlds],
            "faults": self.faults,
            "bound": self.bound,
        }


def _row(world: Explored) -> dict[str, Any]:
    return {
        "world": world.world,
        "why": world.why,
        "states": world.states,
        "transitions": world.transitions,
        "depth": world.depth,
        "closed": world.closed,
        "merges": world.merges,
        "merges_checked": world.merges_checked,
        "timed_out": world.timed_out,
        "asked": world.asked,
        "given_up": world.given_up,
        "divergent": world.divergent,
        "seconds": round(world.seconds, 2),
        "rss_bytes": world.rss_bytes,
    }


def print_outcome(console: Console, outcome: Outcome) -> None:
    """Print a row for each world, the faults, and what is shown and what is not."""
    table = Table("world", "states", "transitions", "merges checked", "depth", "closed", "divergent", "what for")
    for world in outcome.worlds:
        numbers = (f"{world.states:,}", f"{world.transitions:,}", f"{world.merges_checked:,}", str(world.depth))
        divergent = sum(world.divergent.values())
        table.add_row(world.world, *numbers, "yes" if world.closed else "NO", str(divergent), world.why)
    if outcome.worlds:
        console.print(table)
    for world in outcome.worlds:
        for port, why in world.given_up.items():
            console.print(f"{world.world}: {port} was asked no more after {why}", markup=False, soft_wrap=True)
    for sentence in outcome.faults:
        console.print(sentence, markup=False, soft_wrap=True)
    for name in outcome.missing:
        console.print(f"MISSING: {name}", markup=False, soft_wrap=True)
    console.print(outcome.sentence, markup=False, soft_wrap=True)
    if outcome.worlds:
        console.print(outcome.bound, markup=False, soft_wrap=True)
