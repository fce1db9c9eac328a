"""What a core brings to its shadow, and what the two tell each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from doge_shadow.judging import Difference

# What a call of a core may refuse; anything else that it raises is the caller's affair.
REFUSED = (ValueError, TypeError, OverflowError)
# The cause of a call that was not asked, because the candidate failed before and is given a pause.
RESTING = "resting"


class CandidateError(Exception):
    """The candidate gave no answer that could be compared. `cause` is a word, the message a sentence.

    `stumbles` are failures of the same call, before the candidate was retired, after which it was asked again.
    """

    def __init__(self, cause: str, sentence: str, stumbles: Sequence[CandidateError] = ()) -> None:
        super().__init__(sentence)
        self.cause, self.stumbles = cause, tuple(stumbles)


class Found(NamedTuple):
    """A comparison: the differences, none at parity, the time that the candidate took, and how to write a divergence down.

    `stumbles` are the failures after which the candidate had to be asked again before it gave its answer, `excused` the
    contract's rules by which a difference of this call is none.
    """

    differences: Sequence[Difference]
    seconds: float
    event: Any = None
    document: Any = None
    stumbles: Sequence[CandidateError] = ()
    excused: Sequence[str] = ()


class Noting(NamedTuple):
    """What `Shadow.note` does, in parts, for a caller to whom a function call is dear: step, then append or drop."""

    step: Callable[[], int]
    drop: Callable[[], int]
    queue: deque[Any]
    append: Callable[[Any], None]
    most: int


class Comparer(Protocol):
    """What a core brings to its shadow."""

    def compare(self, call: Any) -> Found:
        """Ask the candidate for one call and compare. Raises `CandidateError`."""

    def identity(self) -> dict[str, str]:
        """Digests of reference and candidate, by name, as evidence names them."""

    def key_of(self, call: Any) -> int:
        """A hash of a call that is the same in any process."""

    def retire(self) -> None:
        """End the candidate at once and for good, from any thread, whatever it does; a comparison that is going on fails."""
