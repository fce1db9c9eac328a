"""The exploration of one world: breadth-first, so that what is found first is found by the fewest events."""

from __future__ import annotations

import random
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import psutil

from harness.comparators.divergence import Divergence
from harness.exhaust.merges import contradiction
from harness.exhaustion import Exhaustion, Explored, Shown, Stepped
from harness.panel import Depth, Panel

VIEW, EXACT = "view", "exact"
# The first merges are checked, and one in so many of the others, by all successors of both states and by walks from both.
CHECKED_FIRST, CHECKED_ONE_IN = 50, 64
WALKS_OF_ROOTS, WALKS = 8, 1
# After so many divergent steps of a port more tell nothing new; after so many without an answer each may cost a time limit.
DIVERGENT_MAX, UNANSWERED_MAX, SHOWN_MAX = 200, 5, 5
# So many of the longest ways are asked as a whole, because else each request has a single event.
WAYS = 20
# The parent of a root.
NONE = -1


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a world is explored. `depth` and `seconds` bound it; None stands for no bound. `seed` chooses the merges to check."""

    merge: str = VIEW
    depth: int | None = None
    seconds: float | None = None
    seed: int = 0

    @property
    def bounded(self) -> bool:
        """True for an exploration that may end before its worlds do."""
        return self.depth is not None or self.seconds is not None


class Exploration:
    """A world on its way. States are kept whole at the frontier alone; of all others, the way to them is kept."""

    def __init__(self, exhaustion: Exhaustion[Any, Any, Any], world: Any, panel: Panel[Any], options: Options) -> None:
        self.exhaustion, self.world, self.panel, self.options = exhaustion, world, panel, options
        self.found = Explored(world=world.name, why=world.why)
        self.roots = list(exhaustion.roots(world))
        self._rng = random.Random(f"doge-parity exhaust {options.seed} {world.name}")
        self._nodes: dict[bytes, int] = {}
        # By node: its parent, and the event's place among the parent's; for a root, its place among the roots.
        self._parents, self._places = array("q"), array("q")
        self._farthest: list[tuple[int, Any]] = []
        self._unanswered = Counter[str]()

    def run(self) -> Explored:
        """Explore until no state is new, or until a bound."""
        started = time.monotonic()
        frontier = list(self._begin())
        while frontier and not self.found.timed_out and self.found.depth != self.options.depth:
            further = list(self._next(frontier, started))
            if not self.found.timed_out:
                self._farthest = frontier = further or frontier
                self.found.depth += bool(further)
                self.found.closed = not further
            if self.found.closed:
                break
        for port in self.panel.candidates:
            self._ask_ways(port)
        self.found.states = len(self._nodes)
        self.found.seconds = time.monotonic() - started
        self.found.rss_bytes = psutil.Process().memory_info().rss
        return self.found

    def _begin(self) -> Iterator[tuple[int, Any]]:
        """The roots, and of those that are one the first."""
        for place, root in enumerate(self.roots):
            key = self._key(root)
            if key in self._nodes:
                self._merge(self._nodes[key], root, f"{self.world.name}: root {place}")
            else:
                yield self._add(NONE, place, key), root

    def _next(self, frontier: Sequence[tuple[int, Any]], started: float) -> Iterator[tuple[int, Any]]:
        """The states that are new one event further."""
        for node, state in frontier:
            if self.options.seconds is not None and time.monotonic() - started >= self.options.seconds:
                self.found.timed_out = True
                return
            events = self.exhaustion.events(self.world, state)
            stepped = [(event, self.exhaustion.step(self.world, state, event)) for event in events]
            self.found.transitions += len(stepped)
            for port in self.panel.candidates:
                self._ask(port, node, state, stepped)
            for place, (_, step) in enumerate(stepped):
                for sentence in step.broken:
                    self.found.broken.setdefault(sentence, self._named(node, place))
                key = self._key(step.after)
                known = self._nodes.get(key)
                if known is None:
                    yield self._add(node, place, key), step.after
                else:
                    self._merge(known, step.after, (node, place))

    def _key(self, state: Any) -> bytes:
        told = self.exhaustion.exact(state) if self.options.merge == EXACT else self.exhaustion.view(self.world, state)
        return blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _add(self, parent: int, place: int, key: bytes) -> int:
        self._nodes[key] = node = len(self._parents)
        self._parents.append(parent)
        self._places.append(place)
        return node

    def _merge(self, known: int, state: Any, reached: str | tuple[int, int]) -> None:
        """Count a state that is one with a known one, and now and then compare what follows from both."""
        self.found.merges += 1
        if self.options.merge == EXACT or (self.found.merges > CHECKED_FIRST and self._rng.randrange(CHECKED_ONE_IN)):
            return
        self.found.merges_checked += 1
        first, _ = self.way_to(known)
        walks = WALKS_OF_ROOTS if isinstance(reached, str) else WALKS
        sentence = contradiction(self.exhaustion, self.world, first[-1], state, walks=walks, rng=self._rng)
        if sentence is not None:
            where = reached if isinstance(reached, str) else self._named(*reached)
            self.found.contradictions.append(f"{where}: {sentence}")

    def way_to(self, node: int) -> tuple[list[Any], list[Any]]:
        """The states on the way to a node, the root first, and the events between them."""
        places: list[int] = []
        while self._parents[node] != NONE:
            places.append(self._places[node])
            node = self._parents[node]
        states, events = [self.roots[self._places[node]]], []
        for place in reversed(places):
            events.append(self.exhaustion.events(self.world, states[-1])[place])
            states.append(self.exhaustion.step(self.world, states[-1], events[-1]).after)
        return states, events

    def _named(self, node: int, place: int) -> str:
        _, events = self.way_to(node)
        return f"{self.world.name}: after {len(events)} events, event {place} of those that can come"

    def _ask(self, port: str, node: int, state: Any, stepped: Sequence[tuple[Any, Stepped[Any]]]) -> None:
        """Compare a port's steps from a state."""
        self.found.divergent.setdefault(port, 0)
        if port in self.found.given_up:
            return
        self.found.asked[port] = self.found.asked.get(port, 0) + len(stepped)
        for index, divergences in self.exhaustion.differing(self.panel, port, self.world, state, stepped):
            self._count(port, divergences)
            if sum(shown.port == port for shown in self.found.shown) < SHOWN_MAX:
                self.found.shown.append(self._shown(port, node, state, stepped[index][0], divergences))

    def _count(self, port: str, divergences: Sequence[Divergence]) -> None:
        """Count a divergent step, and give a port up that only costs time."""
        self.found.divergent[port] += 1
        self._unanswered[port] += divergences[0].cause != ""
        if self._unanswered[port] >= UNANSWERED_MAX:
            self.found.given_up[port] = f"{UNANSWERED_MAX} steps without an answer"
        elif self.found.divergent[port] >= DIVERGENT_MAX:
            self.found.given_up[port] = f"{DIVERGENT_MAX} divergent steps"

    def _ask_ways(self, port: str) -> None:
        """Compare whole ways to the farthest states, many events in one request."""
        for node, _ in self._farthest[:WAYS]:
            states, events = self.way_to(node)
            if not events or port in self.found.given_up:
                return
            case = self.exhaustion.case(self.world, states[0], events, f"{self.world.name}-way".replace(" ", "-"))
            self.found.asked[port] = self.found.asked.get(port, 0) + len(events)
            divergences = self.panel.judge(port, case, self.panel.expect(case), Depth.PLAIN).divergences
            if divergences:
                self._count(port, divergences)
                if sum(shown.port == port for shown in self.found.shown) < SHOWN_MAX:
                    self.found.shown.append(Shown(port=port, case=case.to_json(), divergences=tuple(divergences)))

    def _shown(self, port: str, node: int, state: Any, event: Any, found: Sequence[Divergence]) -> Shown:
        """A divergence as a case from the root; from the state itself where the port agrees on the way from there."""
        states, events = self.way_to(node)
        name = f"{self.world.name}, {len(events) + 1} events".replace(" ", "-").replace(",", "")
        whole = self.exhaustion.case(self.world, states[0], [*events, event], name)
        alone = self.exhaustion.case(self.world, state, [event], f"{name}-the-last")
        for case in (whole, alone):
            divergences = self.panel.judge(port, case, self.panel.expect(case), Depth.PLAIN).divergences
            if divergences:
                return Shown(port=port, case=case.to_json(), divergences=tuple(divergences))
        return Shown(port=port, case=alone.to_json(), divergences=tuple(found), flaky=True)
