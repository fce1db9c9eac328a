"""The check of a merge: two states that are one have the same successors, event by event."""

from __future__ import annotations

from typing import Any

from harness.exhaustion import Exhaustion


def contradiction(exhaustion: Exhaustion[Any, Any, Any], world: Any, known: Any, other: Any) -> str | None:
    """A sentence where two merged states lead to what the view tells apart; None where they do not."""
    mine, theirs = exhaustion.events(world, known), exhaustion.events(world, other)
    if len(mine) != len(theirs):
        return f"merged states have {len(mine)} and {len(theirs)} events"
    for place, (event, twin) in enumerate(zip(mine, theirs, strict=True)):
        first, second = exhaustion.step(world, known, event), exhaustion.step(world, other, twin)
        if exhaustion.view(world, first.after) != exhaustion.view(world, second.after):
            return f"merged states differ after event {place} ({type(event).__name__})"
        if exhaustion.alike(world, first.told) != exhaustion.alike(world, second.told):
            return f"merged states are answered otherwise at event {place} ({type(event).__name__})"
    return None
