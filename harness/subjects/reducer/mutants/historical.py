"""Bugs that ports of the reducer have had, or almost had. Each replaces a piece of the reference's source."""

from __future__ import annotations

from functools import partial

from harness.mutants.historical import Historical

_bug = partial(Historical, package="reducer")

HISTORICAL: tuple[Historical, ...] = (
    _bug(name="naive_rounding", module="pricing", change="rounds after scaling, as most languages would",
         old="        return round(price, decimals)\n",
         new="        return round(price * 10.0**decimals) / 10.0**decimals if abs(decimals) < 300 else price\n"),
    _bug(name="half_away_from_zero", module="pricing", change="rounds halves of a volume away from zero, as C's round does",
         old="float(round(raw))", new="float(math.floor(raw + 0.5))"),
    _bug(name="fill_moves_market", module="transition", change="a fill is taken for a price",
         old="    state = remove_order(state, order.local_id)\n    if order.role",
         new="    state = replace(remove_order(state, order.local_id), market_price=event.price)\n    if order.role"),
    _bug(name="cap_off_by_one", module="orphaning", change="the cap of recovery orders leaves room for one more",
         old="len(state.recovery_orders) + 1 - cap", new="len(state.recovery_orders) - cap"),
    _bug(name="nearest_evicted", module="orphaning", change="the nearest recovery order is evicted instead of the farthest",
         old="-distance(order.price, state.market_price)", new="distance(order.price, state.market_price)"),
    _bug(name="newest_evicted", module="orphaning", change="of recovery orders equally far away the newest is evicted",
         old="order.orphaned_at, order.recovery_id)", new="-order.orphaned_at, order.recovery_id)"),
    _bug(name="evicted_by_rank", module="orphaning",
         change="evicted orders are booked as they rank, not as they stand in the list",
         old="    for order in state.recovery_orders:\n", new="    for order in ranked:\n"),
    _bug(name="lost_cooldown_maximum", module="orders", change="a new cooldown replaces a longer one",
         old="max(cooldown_until(state, trade_id), until)", new="until"),
    _bug(name="drops_minus_zero", module="wire", change="the sign of zero gets lost in the number printer, as in aeson",
         old='text.encode() + b"\\n"', new='text.encode().replace(b"-0.0", b"0.0") + b"\\n"'),
    _bug(name="swapped_actions", module="transition", change="the new entry is placed before the stale one is cancelled",
         old="[cancel, *placed]", new="[*placed, cancel]"),
    _bug(name="backoff_from_second_loss", module="pricing", change="the back-off counts from the loss after the first",
         old="loss_count < cfg.loss_backoff_start", new="loss_count <= cfg.loss_backoff_start"),
    _bug(name="forgets_quote_fee", module="booking", change="the settled total ignores fees", old="(gross - quote_fee)",
         new="gross"),
    _bug(name="reassociated_profit", module="booking", change="fees are subtracted one by one: the same on paper",
         old="net = gross - fees\n", new="net = gross - order.entry_fee - fill.fee\n"),
    _bug(name="percent_divided_early", module="pricing",
         change="a percentage is divided before it is multiplied: the same on paper", old="(1 - (pct * mult) / 100.0)",
         new="(1 - pct / 100.0 * mult)"),
    _bug(name="zero_is_a_time", module="transition", change="a time of 0.0 counts as known, where Python's `or` goes on",
         old="exit_order.entry_filled_at or exit_order.placed_at or state.now", new="exit_order.entry_filled_at"),
    _bug(name="zero_is_a_percentage", module="pricing", change="a runtime profit of 0.0 counts as set",
         old="(state.profit_pct_runtime or cfg.profit_pct)", new="state.profit_pct_runtime"),
    _bug(name="tie_takes_buy_exit", module="transition",
         change="in S2 the buy exit counts as the worse one at equal distances", old="buy_distance > sell_distance",
         new="buy_distance >= sell_distance"),
    _bug(name="every_entry_refreshed", module="transition",
         change="a price tick refreshes the last stale entry, not the first",
         old='    for order in state.orders:\n        if order.role != "entry"',
         new='    for order in reversed(state.orders):\n        if order.role != "entry"'),
    _bug(name="cycle_counter_goes_back", module="transition", change="an exit of an old cycle sets the counter of B back",
         old="cycle_b=max(state.cycle_b, order.cycle + 1)", new="cycle_b=order.cycle + 1"),
    _bug(name="partial_fill_booked_whole", module="transition",
         change="an exit takes the volume of its entry's order, not what was filled",
         old="        volume=event.volume,\n        trade_id=order.trade_id",
         new="        volume=order.volume,\n        trade_id=order.trade_id"),
)  # fmt: skip
