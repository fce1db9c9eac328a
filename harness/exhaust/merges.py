"""The check of a merge: two states that are one go on alike, whatever comes."""

from __future__ import annotations

import random
from typing import Any

from harness.exhaustion import Exhaustion

# The events of a walk: what the view forgets may decide later.
WALK = 8


def contradiction(
    exhaustion: Exhaustion[Any, Any, Any], world: Any, known: Any, other: Any, *, walks: int, rng: random.Random
) -> str | None:
    """A sentence where two merged states lead to what the view tells apart; None where they do not.

    All successors of both are compared, and what comes on so many walks of `WALK` events each that `rng` chooses.
    """
    mine, theirs = exhaustion.events(world, known), exhaustion.events(world, other)
    if len(mine) != len(theirs):
        return f"merged states have {len(mine)} and {len(theirs)} events"
    for place, (event, twin) in enumerate(zip(mine, theirs, strict=True)):
        _, _, differs = _step(exhaustion, world, (known, event), (other, twin))
        if differs:
            return f"merged states {differs} event {place} ({type(event).__name__})"
    return next(filter(None, (_walk(exhaustion, world, known, other, rng) for _ in range(walks))), None)


def _walk(exhaustion: Exhaustion[Any, Any, Any], world: Any, known: Any, other: Any, rng: random.Random) -> str | None:
    """The same, on a walk. Both states have the same events, since the walk goes on only while the view is one."""
    for further in range(WALK):
        mine, theirs = exhaustion.events(world, known), exhaustion.events(world, other)
        if not mine:
            return None
        place = rng.randrange(len(mine))
        name = type(mine[place]).__name__
        known, other, differs = _step(exhaustion, world, (known, mine[place]), (other, theirs[place]))
        if differs:
            return f"merged states {differs} event {place} ({name}), {further} events further"
    return None


def _step(
    exhaustion: Exhaustion[Any, Any, Any], world: Any, first: tuple[Any, Any], second: tuple[Any, Any]
) -> tuple[Any, Any, str]:
    """The states after an event each, and how they differ, if they do."""
    mine, theirs = exhaustion.step(world, *first), exhaustion.step(world, *second)
    differs = ""
    if exhaustion.view(world, mine.after) != exhaustion.view(world, theirs.after):
        differs = "differ after"
    elif exhaustion.alike(world, mine.told) != exhaustion.alike(world, theirs.told):
        differs = "are answered otherwise at"
    return mine.after, theirs.after, differs
