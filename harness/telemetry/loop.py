"""A subject's share of a bot's loop, and the metrics that it brings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from generators.candles import CandleSeries

REFERENCE, CANDIDATE = "reference", "candidate"
SIDES = (REFERENCE, CANDIDATE)
# Rounds of the loop in a candle: the price goes to its next corner in each, and the candle closes in the last.
ROUNDS_PER_CANDLE = 4

QUANTILES = (0.5, 0.95, 0.99)

Kind = Literal["duration", "cpu", "memory", "rate"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One measured thing. `group` is the baseline metric that it belongs to, as a reader names it.

    A duration is a histogram of this name, looked at by its `quantiles`; `cpu` and `memory` are those of the process with all
    that it started. A rate is a count for each of `per`, both of them counts or numbers of durations; with `either_way` a lower
    rate is a change, too.
    """

    name: str
    group: str
    kind: Kind = "duration"
    per: str = ""
    either_way: bool = False
    quantiles: Sequence[float] = QUANTILES


# What a loop has whatever is in it.
OF_THE_LOOP = (
    Metric(name="loop", group="loop duration"),
    Metric(name="cpu", group="processor and memory", kind="cpu", per="loop"),
    Metric(name="memory", group="processor and memory", kind="memory"),
)


class Share(ABC):
    """What a subject does in a bot's loop, by its adapter, as the bot does it."""

    metrics: ClassVar[Sequence[Metric]]
    # Candles that have to be there before the first round.
    warm_up: ClassVar[int] = 0

    @staticmethod
    @abstractmethod
    def environment(side: str, recording: str) -> Mapping[str, str]:
        """The adapter's variables for a side, `reference` or `candidate`, with telemetry written to a file."""

    @staticmethod
    @abstractmethod
    def missing(side: str) -> str | None:
        """None if a side can be measured here, else how to get it."""

    @abstractmethod
    def begin(self, series: CandleSeries) -> None:
        """Begin at the candle after the warm-up; called once, before any round."""

    @abstractmethod
    def round(self, candle: int, corner: int) -> None:
        """Do what the bot does when a candle's price has come to its next corner, 0 to 3; at 3 the candle is closed."""

    def problem(self) -> str | None:
        """Why what was measured is not of its side, as after a fallback to the reference; None where it is."""
        return None
