"""Serves the reference with a bug in its control flow: `planted_control_flow.py BUG --server`.

Random cases seldom meet what these bugs are about; closed worlds meet it within a few events.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer import booking, invariants, orders, orphaning, transition, wire
from tests.quality import planted


def zero_is_a_time() -> None:
    """An unknown time of an entry's fill is taken for the time zero."""
    planted.rewrite(booking.book_recovery, "order.entry_filled_at > 0", "order.entry_filled_at >= 0")


def cooldown_of_zero_is_over() -> None:
    """At a refresh, a cooldown that ends at zero counts as one that is over."""
    planted.rewrite(transition.refresh_entry, "cooldown > 0", "cooldown >= 0")


def market_of_zero_is_one() -> None:
    """A recovery is evicted at a market of zero."""
    planted.rewrite(orphaning.eviction_price, "state.market_price > 0", "state.market_price >= 0")


def price_of_zero_is_one() -> None:
    """A recovery without a price is evicted at zero."""
    planted.rewrite(orphaning.eviction_price, "order.price > 0", "order.price >= 0")


def cycle_zero_is_sound() -> None:
    """An invariant asks for cycles of at least zero."""
    planted.rewrite(invariants.check_invariants, "order.cycle < 1", "order.cycle < 0")


def start_without_its_last_default() -> None:
    """An exit that knows no time has waited since time zero."""
    planted.rewrite(transition.orphan_stale_exit, " or state.now", "")


def tie_takes_the_buy_exit() -> None:
    """At equal distances in S2 the buy exit is the worse one."""
    planted.rewrite(transition.orphan_worse_exit, "buy_distance > sell_distance", "buy_distance >= sell_distance")


def timeout_is_not_enough() -> None:
    """An exit that has waited for exactly the timeout waits on."""
    planted.rewrite(transition.orphan_stale_exit, "< sizing.cfg.s1_orphan_after_sec", "<= sizing.cfg.s1_orphan_after_sec")


def drift_of_the_limit_is_too_much() -> None:
    """An entry is refreshed where its drift is the limit."""
    planted.rewrite(transition.on_price_tick, "drift <= sizing", "drift < sizing")


def cooldown_is_over_too_late() -> None:
    """An entry follows only after the end of its cooldown, not at it."""
    planted.rewrite(orders.place_follow_up, "state.now < state.cooldown_until_a", "state.now <= state.cooldown_until_a > 0")


def a_slot_too_many() -> None:
    """A limit below two recovery slots counts as two."""
    planted.rewrite(orphaning.evict_overflow, "max(1, cfg", "max(2, cfg")


def eviction_forgets_its_cancel() -> None:
    """An evicted order that the exchange has named is not cancelled there."""
    planted.rewrite(orphaning.evict, "if order.txid", "if order.txid and not order.txid")


def sticky_orphans() -> None:
    """Sticky mode orphans in S1."""
    planted.rewrite(
        transition.on_timer_tick, "if sizing.cfg.sticky_mode_enabled", "if sizing.cfg.sticky_mode_enabled and not state.orders"
    )


def cooldown_begins_too_late() -> None:
    """The loss that reaches the limit begins no cooldown; the next one does."""
    planted.rewrite(booking.update_losses, "losses >= cfg", "losses > cfg")


if __name__ == "__main__":
    known = {**vars(planted), **globals()}
    known[sys.argv[1]]()
    sys.exit(wire.main(sys.argv[2:]))
