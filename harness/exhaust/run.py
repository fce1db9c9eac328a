"""All worlds, each in a process of its own; the parent alone writes and tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

from generators.errors import ParityError
from harness.engine.processes import pool_of, spared, watch_all
from harness.exhaust.explore import Exploration, Options
from harness.exhaustion import Exhaustion, Explored
from harness.panel import PortRequest
from harness.parts import part_of
from harness.subject import Subject
from harness.subjects.registry import subject_called


class ExplorationError(ParityError):
    """A world cannot be explored; the message says which."""


def exhaustion_of(subject: Subject[Any]) -> Exhaustion[Any, Any, Any]:
    """The closed worlds of a subject. Raises `ExplorationError` for one that has none."""
    exhaustion: Exhaustion[Any, Any, Any] | None = part_of(subject, "exhaustion")
    if exhaustion is None:
        raise ExplorationError(f"exhaust: the subject {subject.name} has no closed worlds")
    return exhaustion


def explore_world(subject: str, name: str, request: PortRequest, options: Options) -> Explored:
    """Explore a world in this process, which keeps its ports for the next one."""
    about = subject_called(subject)
    exhaustion = exhaustion_of(about)
    world = next(world for world in exhaustion.worlds() if world.name == name)
    with about.open(replace(request, may_keep=True)) as panel:
        return Exploration(exhaustion, world, panel, options).run()


def explore_all(
    subject: str,
    names: Sequence[str],
    request: PortRequest,
    options: Options,
    *,
    workers: int,
    listen: Callable[[Explored], None] = lambda _explored: None,
) -> list[Explored]:
    """Explore worlds in so many processes, the results in the order of the names. Raises `ExplorationError`."""
    found: dict[str, Explored] = {}
    try:
        with pool_of(min(workers, len(names))) as pool:
            with spared():
                running = {pool.submit(explore_world, subject, name, request, options): name for name in names}
                watch_all(pool)
            for future in as_completed(running):
                found[running[future]] = explored = future.result()
                listen(explored)
    except BrokenProcessPool as error:
        left = ", ".join(name for name in names if name not in found)
        raise ExplorationError(f"exhaust: a process was ended from outside, with one of these worlds: {left}") from error
    return [found[name] for name in names]
