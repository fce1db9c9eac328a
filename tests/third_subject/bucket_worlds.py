"""The bucket's closed worlds: the tokens that any requests can leave are finitely many."""

from __future__ import annotations

import importlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from bucket_cases import BucketCase

from harness.comparators.divergence import Divergence
from harness.exhaustion import Exhaustion, Stepped
from harness.panel import Depth, Panel


@dataclass(frozen=True)
class BucketWorld:
    """A bucket, and the requests that can come: ms after the last one, and an amount."""

    name: str
    why: str
    capacity: int
    per_sec: int
    requests: tuple[tuple[int, int], ...]
    large: bool = False


WORLDS = (
    BucketWorld("small", "A bucket that runs empty and fills up.", 3, 1, ((0, 1), (0, 2), (0, 4), (1000, 1), (2000, 1))),
    BucketWorld("never filled", "Nothing comes back.", 3, 0, ((0, 1), (1000, 2))),
)


@dataclass(frozen=True)
class Held:
    """A bucket, and the requests that led to it."""

    bucket: Any
    requests: tuple[tuple[int, int], ...] = ()


class BucketExhaustion(Exhaustion[BucketWorld, Held, BucketCase]):
    """Requests from a full bucket on."""

    bound = "A port's bug that hangs on the time itself can hide behind the bucket that stands for others."

    def worlds(self) -> Sequence[BucketWorld]:
        """Two."""
        return WORLDS

    def roots(self, world: BucketWorld) -> Sequence[Held]:
        """A full bucket."""
        core = importlib.import_module("bucket.core")
        return [Held(core.Bucket(capacity=world.capacity, per_sec=world.per_sec, tokens=world.capacity))]

    def events(self, world: BucketWorld, state: Held) -> Sequence[tuple[int, int]]:
        """The requests, at their times."""
        return [(state.bucket.at_ms + after_ms, amount) for after_ms, amount in world.requests]

    def step(self, world: BucketWorld, state: Held, event: tuple[int, int]) -> Stepped[Held]:
        """What the request leaves."""
        bucket, granted = importlib.import_module("bucket.core").take(state.bucket, *event)
        told = {"tokens": bucket.tokens, "granted": granted}
        broken = [] if 0 <= bucket.tokens <= world.capacity else ["there are more tokens than the bucket holds"]
        return Stepped(Held(bucket, (*state.requests, event)), told, broken)

    def view(self, world: BucketWorld, state: Held) -> Hashable:
        """The tokens."""
        return (state.bucket.tokens,)

    def exact(self, state: Held) -> Hashable:
        """The tokens and when they were counted."""
        return (state.bucket.tokens, state.bucket.at_ms)

    def alike(self, world: BucketWorld, told: Any) -> Hashable:
        """All of it."""
        return tuple(told.items())

    def differing(
        self, panel: Panel[BucketCase], port: str, world: BucketWorld, state: Held, stepped: Sequence[tuple[Any, Stepped[Held]]]
    ) -> list[tuple[int, list[Divergence]]]:
        """Those whose requests a port answers otherwise."""
        cases = [self.case(world, self.roots(world)[0], [*state.requests, event], "step") for event, _ in stepped]
        found = [panel.judge(port, case, panel.expect(case), Depth.PLAIN).divergences for case in cases]
        return [(index, divergences) for index, divergences in enumerate(found) if divergences]

    def case(self, world: BucketWorld, root: Held, events: Sequence[tuple[int, int]], name: str) -> BucketCase:
        """The requests as a case."""
        requests = (*root.requests, *events)
        metadata = {"source": "exhaust", "world": world.name}
        return BucketCase(name=name, capacity=world.capacity, per_sec=world.per_sec, requests=requests, metadata=metadata)
