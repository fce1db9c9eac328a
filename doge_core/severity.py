"""How bad a difference is: by what the bot would have done with the candidate's result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from doge_shadow.judging import Difference, differences

# Counters, times and what is derived from them: the bot shows them, and they may decide later, but nothing is traded or booked
# by them at once. Everything else that differs is high: orders, sizes, prices, money that was booked, modes.
LOW_OF_STATE = frozenset(
    {
        "now", "cycle_a", "cycle_b", "next_order_id", "next_recovery_id", "today_realized_loss", "total_round_trips",
        "s2_entered_at", "last_price_update_at", "consecutive_losses_a", "consecutive_losses_b", "cooldown_until_a",
        "cooldown_until_b", "consecutive_refreshes_a", "consecutive_refreshes_b", "last_refresh_direction_a",
        "last_refresh_direction_b", "refresh_cooldown_until_a", "refresh_cooldown_until_b",
    }
)  # fmt: skip
# Fields of orders and cycles that are times, counters or words.
LOW_OF_ITEMS = frozenset({"placed_at", "entry_filled_at", "orphaned_at", "entry_time", "exit_time", "cycle", "reason"})


def graded(reference: dict[str, Any], candidate: dict[str, Any]) -> Iterator[Difference]:
    """Yield the differences of two outcomes of a transition, each with its severity, the worst first."""
    if ("error" in reference) is not ("error" in candidate):
        # One side refused what the other did: everything else follows from it.
        sides = [side.get("error", "(absent)") for side in (reference, candidate)]
        yield Difference(("error",), "missing" if "error" in reference else "extra", *sides)
        return
    found = [replace(each, severity=_severity(each)) for each in differences(reference, candidate)]
    yield from sorted(found, key=lambda each: each.severity != "high")


def _severity(found: Difference) -> Any:
    match found.steps:
        case ("error" | "kind",):
            # Both refuse, in other words.
            return "low"
        case ("actions", int(), "reason"):
            return "low"
        case ("state", str(name)):
            return "low" if name in LOW_OF_STATE else "high"
        case ("state", str(), int(), str(name)):
            return "low" if name in LOW_OF_ITEMS else "high"
    return "high"
