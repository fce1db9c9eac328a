"""Drills: a switch thrown for real, under load, and what it cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the load met in one step of a drill; durations are in seconds.

    A call is `lost` if it gave no result, `doubled` if its result is that of the same call twice, and `unequal` if it is
    neither that nor the reference's. `restored_sec` is the time from the switch to the first answer that came by it.
    """

    name: str
    calls: int
    lost: int
    doubled: int
    unequal: int
    slowest_sec: float
    restored_sec: float | None = None
    answered_by: str = ""
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def sound(self) -> bool:
        """True if every call had the reference's result, and there were calls."""
        return self.calls > 0 and not (self.lost or self.doubled or self.unequal)

    def to_json(self) -> dict[str, Any]:
        """The step as plain data."""
        return {**asdict(self), "sound": self.sound}


class Drills(ABC):
    """A subject's drills. Each yields its steps as they are done, and leaves everything as it was."""

    @abstractmethod
    def available(self) -> str | None:
        """None if the candidate is here, else how to get it."""

    @abstractmethod
    def rollback(self, step_sec: float) -> Iterator[Step]:
        """Break the candidate in each of its ways while it answers, and throw the switch back to the reference."""

    @abstractmethod
    def rollout(self, step_sec: float) -> Iterator[Step]:
        """From the reference by the shadow to the candidate and back, while the load goes on."""
