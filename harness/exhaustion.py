"""Closed worlds, explored to the end: a part that a subject may have, and what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from harness.comparators.divergence import Divergence
from harness.panel import C, Panel


class AnyWorld(Protocol):
    """A world: finitely many states, as far as its view tells them apart."""

    @property
    def name(self) -> str:
        """The name, unique within the subject."""

    @property
    def why(self) -> str:
        """The mechanism that it isolates, a sentence."""

    @property
    def large(self) -> bool:
        """True for a world that takes longer than seconds."""


W = TypeVar("W", bound=AnyWorld)
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Stepped(Generic[S]):
    """What the reference makes of an event: the state after it, what a caller is told, and the promises that it broke."""

    after: S
    told: Any
    broken: Sequence[str] = ()


class Exhaustion(ABC, Generic[W, S, C]):
    """A subject's closed worlds. Events are the subject's own; those of a state come in a fixed order, the simplest first.

    `bound` says what a whole exploration does not show. `deciding` are the files of the reference whose branches the worlds
    have to take, and `beyond` holds the lines whose branches they cannot all take, with the reason.
    """

    bound: str
    deciding: Sequence[Path] = ()
    beyond: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def worlds(self) -> Sequence[W]:
        """All worlds."""

    @abstractmethod
    def roots(self, world: W) -> Sequence[S]:
        """The states that a world begins with."""

    @abstractmethod
    def events(self, world: W, state: S) -> Sequence[Any]:
        """The events that can come in a state."""

    @abstractmethod
    def step(self, world: W, state: S, event: Any) -> Stepped[S]:
        """The reference's step."""

    @abstractmethod
    def view(self, world: W, state: S) -> Hashable:
        """What the world keeps of a state; equal for states that are merged, with a `repr` that is equal then as well."""

    @abstractmethod
    def exact(self, state: S) -> Hashable:
        """All that a state is, in the same manner."""

    @abstractmethod
    def alike(self, world: W, told: Any) -> Hashable:
        """What is equal of two answers where states that are merged get the same event."""

    @abstractmethod
    def differing(
        self, panel: Panel[C], port: str, world: W, state: S, stepped: Sequence[tuple[Any, Stepped[S]]]
    ) -> list[tuple[int, list[Divergence]]]:
        """The steps from a state that a port answers otherwise than the reference, by their indexes."""

    @abstractmethod
    def case(self, world: W, root: S, events: Sequence[Any], name: str) -> C:
        """An ordinary case of these events."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A divergence, as an ordinary case with the events that lead to it. `flaky`: asked again, the port agrees."""

    port: str
    case: dict[str, Any]
    divergences: tuple[Divergence, ...]
    flaky: bool = False


@dataclass(kw_only=True)
class Explored:
    """What came of a world. `depth` is the longest of the shortest ways to a state; `divergent` counts steps by port.

    `given_up` says why a port was asked no more.
    `broken` and `contradictions` hold sentences, the first of their kind with a way to it.
    """

    world: str
    why: str
    states: int = 0
    transitions: int = 0
    depth: int = 0
    closed: bool = False
    timed_out: bool = False
    merges: int = 0
    merges_checked: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)
    divergent: dict[str, int] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    seconds: float = 0.0
    rss_bytes: int = 0
