"""The results of a run: port by port, and all that was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.engine.finding import Finding
from harness.engine.met import Met
from harness.panel import Examined
from harness.subject import Measures

if TYPE_CHECKING:
    from generators.candles import CandleSeries

GOLDEN, GENERATED, MARKET = "golden", "generated", "market"
EXIT_CODES = {"PARITY": 0, "DIVERGENCE": 1, "NOT MET": 1, "INCOMPLETE": 3}


@dataclass(kw_only=True)
class PortReport:
    """The results of one port. Counters go by the source of cases, `not_compared` by what was missing.

    `fixtures_divergent` counts fixtures of calls alone, which are no cases.
    """

    examined: Examined
    measures: Measures
    cases: Counter[str] = field(default_factory=Counter)
    divergent: Counter[str] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    fixtures_divergent: int = 0
    steps: int = 0
    thorough: int = 0
    excused: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    busy_sec: float = 0.0

    @property
    def name(self) -> str:
        """The port's name."""
        return self.examined.name

    def absorb(self, other: PortReport) -> None:
        """Take in the results of the port on other cases."""
        for name in ("cases", "divergent", "not_compared", "counted"):
            getattr(self, name).update(getattr(other, name))
        for name in ("fixtures_divergent", "steps", "thorough", "excused", "busy_sec"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.measures.absorb(other.measures)

    @property
    def whole(self) -> bool:
        """True if the port is here, lacks nothing and was compared on every case that it was sent."""
        return self.examined.availability.available and not self.examined.lacks and not self.not_compared


@dataclass(kw_only=True)
class RunReport:
    """All that a run found. `candles` is the series behind the market-driven cases.

    `candidates` gives the text by which the command line named each candidate, or an empty one for a built-in port.
    There is a finding for each port and case. A case that diverges on several ports is one divergent case, by source and name.
    """

    subject: str
    ports: list[PortReport]
    candidates: Mapping[str, str] = field(default_factory=dict)
    candles: CandleSeries | None = None
    findings: list[Finding] = field(default_factory=list)
    divergent_cases: set[tuple[str, str]] = field(default_factory=set)
    divergent_fixtures: set[str] = field(default_factory=set)
    excused_cases: set[tuple[str, str]] = field(default_factory=set)
    met: dict[str, Met] = field(default_factory=dict)
    never_met: list[str] = field(default_factory=list)
    elapsed_sec: float = 0.0

    def absorb(self, other: RunReport) -> None:
        """Take in what other cases brought, but for findings, whose repros belong to the run."""
        for mine, theirs in zip(self.ports, other.ports, strict=True):
            mine.absorb(theirs)
        self.divergent_cases |= other.divergent_cases
        self.divergent_fixtures |= other.divergent_fixtures
        self.excused_cases |= other.excused_cases
        for source, met in other.met.items():
            self.met.setdefault(source, Met(met.tally)).absorb(met)

    @property
    def comparable(self) -> bool:
        """True if there is a reference, and a port to hold against it."""
        reference, *candidates = self.ports
        return reference.examined.usable and any(port.examined.usable for port in candidates)

    @property
    def too_few(self) -> dict[str, tuple[int, int]]:
        """The kinds with too few different values in the market-driven cases: how many there are, and must be."""
        return self.met[MARKET].too_few() if MARKET in self.met else {}

    @property
    def word(self) -> str:
        """PARITY, DIVERGENCE, NOT MET where the cases met or exercised too little, or INCOMPLETE where a port is missing."""
        if self.findings or any(port.examined.divergences for port in self.ports):
            return "DIVERGENCE"
        if self.never_met or self.too_few:
            return "NOT MET"
        # A reference alone, or ports that saw no case, show nothing.
        compared = len(self.ports) > 1 and all(sum(port.cases.values()) for port in self.ports[1:])
        return "PARITY" if compared and all(port.whole for port in self.ports) else "INCOMPLETE"

    @property
    def exit_code(self) -> int:
        """0 parity, 1 divergence or a check that met too little, 3 a port or a part of one is missing or broken."""
        return EXIT_CODES[self.word]
