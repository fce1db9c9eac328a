"""Bugs that ports have had, or all but had: each is the reference with a piece of its source written otherwise."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harness.mutants.catalogue import source_of


class GoneError(ValueError):
    """The reference no longer says what a bug rewrites; the message names both. Write the bug anew in `historical.py`."""


@dataclass(frozen=True, kw_only=True)
class Historical:
    """A bug: what it does in a line, and the source that it puts in the place of another. `operator` groups the table."""

    name: str
    module: str
    change: str
    old: str
    new: str
    operator: str = "historical"
    package: str = "reducer"

    @property
    def id(self) -> str:
        """The bug's name, told from the operators' mutants."""
        return f"{self.operator}:{self.name}"

    @property
    def where(self) -> str:
        """The module."""
        return self.module

    def tree(self) -> ast.Module:
        """The changed module. Raises `GoneError`."""
        source = source_of(self.module, self.package)
        if source.count(self.old) != 1:
            raise GoneError(f"{self.id}: {self.package}.{self.module} does not say {self.old!r} just once")
        return ast.parse(source.replace(self.old, self.new))


HISTORICAL: tuple[Historical, ...] = (
    Historical(
        name="naive_rounding",
        module="pricing",
        change="rounds after scaling, as most languages would",
        old="        return round(price, decimals)\n",
        new="        return round(price * 10.0**decimals) / 10.0**decimals if abs(decimals) < 300 else price\n",
    ),
    Historical(
        name="half_away_from_zero",
        module="pricing",
        change="rounds halves of a volume away from zero, as C's round does",
        old="float(round(raw))",
        new="float(math.floor(raw + 0.5))",
    ),
    Historical(
        name="fill_moves_market",
        module="transition",
        change="a fill is taken for a price",
        old="    state = remove_order(state, order.local_id)\n    if order.role",
        new="    state = replace(remove_order(state, order.local_id), market_price=event.price)\n    if order.role",
    ),
    Historical(
        name="cap_off_by_one",
        module="orphaning",
        change="the cap of recovery orders leaves room for one more",
        old="len(state.recovery_orders) + 1 - cap",
        new="len(state.recovery_orders) - cap",
    ),
    Historical(
        name="nearest_evicted",
        module="orphaning",
        change="the nearest recovery order is evicted instead of the farthest",
        old="-distance(order.price, state.market_price)",
        new="distance(order.price, state.market_price)",
    ),
    Historical(
        name="newest_evicted",
        module="orphaning",
        change="of recovery orders equally far away the newest is evicted",
        old="order.orphaned_at, order.recovery_id)",
        new="-order.orphaned_at, order.recovery_id)",
    ),
    Historical(
        name="evicted_by_rank",
        module="orphaning",
        change="evicted orders are booked as they rank, not as they stand in the list",
        old="    for order in state.recovery_orders:\n",
        new="    for order in ranked:\n",
    ),
    Historical(
        name="lost_cooldown_maximum",
        module="orders",
        change="a new cooldown replaces a longer one",
        old="max(cooldown_until(state, trade_id), until)",
        new="until",
    ),
    Historical(
        name="drops_minus_zero",
        module="wire",
        change="the sign of zero gets lost in the number printer, as in aeson",
        old='allow_nan=False).encode() + b"\\n"',
        new='allow_nan=False).encode().replace(b"-0.0", b"0.0") + b"\\n"',
    ),
    Historical(
        name="swapped_actions",
        module="transition",
        change="the new entry is placed before the stale one is cancelled",
        old="[cancel, *placed]",
        new="[*placed, cancel]",
    ),
    Historical(
        name="backoff_from_second_loss",
        module="pricing",
        change="the back-off counts from the loss after the first",
        old="loss_count < cfg.loss_backoff_start",
        new="loss_count <= cfg.loss_backoff_start",
    ),
    Historical(
        name="forgets_quote_fee",
        module="booking",
        change="the settled total ignores fees",
        old="(gross - quote_fee)",
        new="gross",
    ),
    Historical(
        name="reassociated_profit",
        module="booking",
        change="fees are subtracted one by one: the same on paper",
        old="net = gross - fees\n",
        new="net = gross - order.entry_fee - fill.fee\n",
    ),
    Historical(
        name="percent_divided_early",
        module="pricing",
        change="a percentage is divided before it is multiplied: the same on paper",
        old="(1 - (pct * mult) / 100.0)",
        new="(1 - pct / 100.0 * mult)",
    ),
    Historical(
        name="zero_is_a_time",
        module="transition",
        change="a time of 0.0 counts as known, where Python's `or` goes on",
        old="exit_order.entry_filled_at or exit_order.placed_at or state.now",
        new="exit_order.entry_filled_at",
    ),
    Historical(
        name="zero_is_a_percentage",
        module="pricing",
        change="a runtime profit of 0.0 counts as set",
        old="(state.profit_pct_runtime or cfg.profit_pct)",
        new="state.profit_pct_runtime",
    ),
    Historical(
        name="tie_takes_buy_exit",
        module="transition",
        change="in S2 the buy exit counts as the worse one at equal distances",
        old="buy_distance > sell_distance",
        new="buy_distance >= sell_distance",
    ),
    Historical(
        name="every_entry_refreshed",
        module="transition",
        change="a price tick refreshes the last stale entry, not the first",
        old='    for order in state.orders:\n        if order.role != "entry"',
        new='    for order in reversed(state.orders):\n        if order.role != "entry"',
    ),
    Historical(
        name="cycle_counter_goes_back",
        module="transition",
        change="an exit of an old cycle sets the counter of B back",
        old="cycle_b=max(state.cycle_b, order.cycle + 1)",
        new="cycle_b=order.cycle + 1",
    ),
    Historical(
        name="partial_fill_booked_whole",
        module="transition",
        change="an exit takes the volume of its entry's order, not what was filled",
        old="        volume=event.volume,\n        trade_id=order.trade_id",
        new="        volume=order.volume,\n        trade_id=order.trade_id",
    ),
)
