"""Drills: a switch thrown for real, under load, and what it cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# The share of its calls that a candidate, or its shadow, has to have answered, or a drill shows nothing of it.
ANSWERED_SHARE_MIN = 0.9


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the load met in one step of a drill; durations are in seconds.

    A call is `lost` if it gave no result, `doubled` if its result is that of the same call twice, and `unequal` if it is
    neither that nor the reference's. `restored_sec` is the time from the switch to the first answer that came by it.
    `answered` counts those of the `asked` calls that the candidate itself answered, by its adapter's count, while it was to
    answer and before it was broken; None in a step that is not about its answers. `compared` counts those of the `asked` calls
    that a shadow held against the reference, and `divergent` those that differed; None where there is no shadow.
    """

    name: str
    calls: int
    lost: int
    doubled: int
    unequal: int
    slowest_sec: float
    restored_sec: float | None = None
    answered_by: str = ""
    asked: int = 0
    answered: int | None = None
    compared: int | None = None
    divergent: int | None = None
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def sound(self) -> bool:
        """True if every call had the reference's result, there were calls, and the candidate had its share in them."""
        return self.calls > 0 and not (self.lost or self.doubled or self.unequal or self.divergent) and not self.idle

    @property
    def idle(self) -> str:
        """Why the step shows nothing of the candidate that it is about; an empty text where it shows something."""
        for number, what in ((self.answered, "answered by the candidate"), (self.compared, "compared by the shadow")):
            if number is not None and number < max(1.0, ANSWERED_SHARE_MIN * self.asked):
                return f"{number} of {self.asked} calls {what}"
        return ""

    def to_json(self) -> dict[str, Any]:
        """The step as plain data."""
        return {**asdict(self), "sound": self.sound}


def answered_share(steps: Sequence[Step]) -> float | None:
    """The least share of its calls that the candidate answered in a step about its answers; None without such a step."""
    return min((each.answered / max(1, each.asked) for each in steps if each.answered is not None), default=None)


class Drills(ABC):
    """A subject's drills. Each yields its steps as they are done, and leaves everything as it was.

    Every step of a rollback counts what the candidate `answered` before it was broken. A rollout has a step that counts what
    the shadow `compared`, and one that counts what the candidate `answered`.
    """

    @abstractmethod
    def available(self) -> str | None:
        """None if the candidate is here, else how to get it."""

    @abstractmethod
    def rollback(self, step_sec: float) -> Iterator[Step]:
        """Break the candidate in each of its ways while it answers, and throw the switch back to the reference."""

    @abstractmethod
    def rollout(self, step_sec: float) -> Iterator[Step]:
        """From the reference by the shadow to the candidate and back, while the load goes on."""
