"""Numbers at their limits: rounding ties, minus zero, infinities, 64 bits, sizes that are too small."""

from __future__ import annotations

import math

from golden.reducer.cases.build import (
    BUY_ENTRY,
    BUY_EXIT,
    NOW,
    SELL_ENTRY,
    SELL_EXIT,
    called,
    fill,
    in_s1b,
    in_s2,
    order,
    pair,
    recovery,
    recovery_fill,
    replayed,
    state,
    tick,
    timer,
    wire,
)
from golden.reducer.corpus import Definition

INF = math.inf
INT_MAX = 2**63 - 1
INT_MIN = -(2**63)


def _volume(name: str, about: str, *rows: tuple[float, float, dict[str, float]]) -> Definition:
    """Define a fixture of order volumes from rows of price, size in USD, and the fields that differ from the default."""
    calls = (wire("compute_order_volume", price=price, order_size_usd=size, config=config) for price, size, config in rows)
    return called(name, about, *calls)


DEFINITIONS: tuple[Definition, ...] = (
    replayed(
        "rounding_ties_of_prices", "Ties that are none in binary, and ties that are, at two decimals.",
        in_s2(market_price=2.675), fill(3, 2.5), tick(1.005, NOW + 2.0), fill(4, 2.0, NOW + 3.0), tick(0.125, NOW + 4.0),
        entry_pct=0.0, price_decimals=2, min_volume=0.0, volume_decimals=2, refresh_pct=0.0,
    ),
    replayed(
        "rounding_scaled_is_wrong", "A price at which rounding after scaling goes wrong.",
        in_s2(market_price=5.015), fill(3, 5.015), tick(1.115, NOW + 2.0), tick(0.285, NOW + 3.0), tick(8.345, NOW + 4.0),
        entry_pct=0.0, price_decimals=2, min_volume=0.0, volume_decimals=1, refresh_pct=0.0, max_consecutive_refreshes=9,
    ),
    replayed(
        "rounding_to_whole_prices", "No decimals, and fewer than none: half goes to even.",
        in_s2(market_price=2.5), fill(3, 2.5), tick(3.5, NOW + 2.0), tick(1.5, NOW + 3.0), tick(0.5, NOW + 4.0),
        entry_pct=0.0, price_decimals=0, min_volume=0.0, volume_decimals=3, refresh_pct=0.0, max_consecutive_refreshes=9,
    ),
    replayed(
        "rounding_to_tens", "Negative decimals round to tens and hundreds.",
        in_s2(market_price=25.0), fill(3, 25.0), tick(35.0, NOW + 2.0), tick(45.0, NOW + 3.0), fill(7, 30.0, NOW + 4.0),
        tick(4.0, NOW + 5.0),
        entry_pct=0.0, price_decimals=-1, min_volume=0.0, volume_decimals=3, refresh_pct=0.0, max_consecutive_refreshes=9,
    ),
    replayed(
        "rounding_to_many_decimals", "More decimals than a double has change nothing.",
        in_s2(market_price=0.1 + 0.2), fill(3, 0.1), tick(5e-324, NOW + 2.0), tick(1e-300, NOW + 3.0),
        price_decimals=400, min_volume=0.0, volume_decimals=400,
    ),
    replayed(
        "rounding_to_absurd_decimals", "Decimals far below zero round everything away.",
        in_s2(), fill(3, 0.101), tick(1e300, NOW + 2.0), fill(4, 0.099, NOW + 3.0), price_decimals=-400,
    ),
    replayed(
        "rounding_at_int_limits", "Decimals of 64 bits are decimals too.",
        in_s2(), fill(3, 0.101), price_decimals=INT_MAX, volume_decimals=INT_MAX,
    ),
    replayed(
        "rounding_overflows", "Rounding the largest double to hundreds of digits overflows, and the order is refused.",
        pair(market_price=1.7e308), fill(1, 1.7e308), fill(2, 1.0, NOW + 2.0), tick(1.7e308, NOW + 3.0), timer(NOW + 4.0),
        price_decimals=-308, min_volume=0.0, volume_decimals=8, size=1.7e308,
    ),
    replayed(
        "infinite_durations", "Orphaning turned off, cooldowns for ever.",
        in_s2(consecutive_losses_b=4, s2_entered_at=NOW), timer(NOW + 1e9), fill(3, 0.09, NOW + 1e9), timer(NOW + 2e9),
        fill(4, 0.2, NOW + 2e9),
        s1_orphan_after_sec=INF, s2_orphan_after_sec=INF, loss_cooldown_sec=INF, reentry_base_cooldown_sec=INF,
    ),
    replayed(
        "infinite_refresh_cooldown", "A refresh cooldown for ever, and a refresh distance that nothing exceeds.",
        state(orders=[BUY_ENTRY]), tick(0.1015), tick(0.1031, NOW + 2.0), tick(0.12, NOW + 1e12),
        max_consecutive_refreshes=2, refresh_cooldown_sec=INF,
    ),
    replayed(
        "infinite_everything_else", "Infinite minimum, fee and distance: nothing is placed, nothing breaks.",
        in_s1b(), fill(3, 0.101), tick(0.2, NOW + 2.0),
        min_volume=INF, refresh_pct=INF, stale_price_max_age_sec=INF, backoff_max_multiplier=INF, entry_pct=0.2,
    ),
    replayed(
        "infinite_distance", "An infinite entry distance makes an infinite price: a sell of it is refused.",
        in_s2(), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), entry_pct=INF, min_volume=0.0,
    ),
    replayed(
        "infinite_size", "An infinite size buys no volume.",
        in_s2(), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), size="Infinity", sizes={"A": "Infinity", "B": "-Infinity"},
    ),
    replayed(
        "minus_zero_survives", "Minus zero in state, event and result keeps its sign.",
        state(orders=[order(3, "sell", "exit", "B", 0.101, entry_fee=-0.0, placed_at=-0.0)], total_profit=-0.0, total_fees=-0.0,
              today_realized_loss=-0.0, cooldown_until_a=-0.0, total_settled_usd=-0.0, market_price=-0.0),
        tick(-0.0, -0.0), fill(3, -0.0, -0.0, fee=-0.0, volume=-0.0), timer(-0.0),
    ),
    replayed(
        "minus_zero_volume_and_price", "An entry filled at minus zero makes an exit of minus zero.",
        pair(market_price=-0.0), fill(1, -0.0, -0.0, volume=-0.0, fee=-0.0), fill(2, 0.0, -0.0, volume=-0.0, fee=-0.0),
    ),
    replayed(
        "minus_zero_of_min_and_max", "Where both are zero, Python's min and max keep the first.",
        pair(market_price=0.0, cooldown_until_a=-0.0), fill(1, -0.0), fill(2, -0.0, NOW + 2.0), tick(-0.0, NOW + 3.0),
        fill(3, 0.0, NOW + 4.0), fill(4, -0.0, -0.0), reentry_base_cooldown_sec=1e-320,
    ),
    replayed(
        "overflowing_exit_price", "An exit price beyond a double is refused and the entry stays.",
        pair(market_price=1.0), fill(1, 1.79e308), fill(2, 0.1, NOW + 2.0), timer(NOW + 3.0),
    ),
    replayed(
        "overflowing_profit", "A profit beyond a double is refused, naming the first field that overflows.",
        state(orders=[order(3, "sell", "exit", "B", 1.0, volume=1e308)], total_profit=1.7e308), fill(3, 1e300), fill(3, 2.5),
    ),
    replayed(
        "overflowing_fees", "Fees beyond a double are refused.",
        pair(total_fees=1.7e308), fill(1, 0.0998, fee=1.7e308), fill(1, 0.0998, NOW + 2.0),
    ),
    replayed(
        "overflowing_nan_is_refused", "Infinity minus infinity is no number either.",
        state(orders=[order(3, "sell", "exit", "B", 1e308, volume=1e308, entry_fee=1e308)], recoveries=[recovery(1, "A",
        1e308, volume=1e308)]),
        fill(3, 1e308, fee=1.7e308), recovery_fill(1, 1e308, fee=1e308),
    ),
    replayed(
        "ids_at_64_bits", "The last id can be spent, but there must be one after it.",
        state(orders=[order(INT_MAX, "buy", "entry", "B", 0.0998), SELL_ENTRY], next_order_id=INT_MAX - 1), fill(2, 0.1002),
        fill(INT_MAX, 0.0998), timer(NOW + 3.0),
    ),
    replayed(
        "next_id_beyond_64_bits", "An id beyond 64 bits is refused and the order stays on the book.",
        pair(next_order_id=INT_MAX), fill(1, 0.0998), fill(2, 0.1002, NOW + 2.0),
    ),
    replayed(
        "counters_beyond_64_bits", "Round trips and cycles beyond 64 bits are refused.",
        in_s2(total_round_trips=INT_MAX, cycle_a=INT_MAX), fill(3, 0.101), fill(4, 0.099, NOW + 2.0),
    ),
    replayed(
        "cycles_beyond_64_bits", "A cycle counter that is full is refused at an exit and at an orphaning.",
        state(orders=[order(3, "sell", "exit", "B", 0.101, cycle=INT_MAX)], cycle_b=INT_MAX), fill(3, 0.101),
        timer(NOW + 2000.0),
    ),
    replayed(
        "losses_beyond_64_bits", "A loss counter that is full is refused; a profit clears it.",
        in_s2(consecutive_losses_a=INT_MAX, consecutive_losses_b=INT_MIN), fill(4, 0.2), fill(4, 0.099, NOW + 2.0),
        fill(3, 0.09, NOW + 3.0), loss_backoff_start=INT_MIN, backoff_factor=1e-18,
    ),
    replayed(
        "refreshes_beyond_64_bits", "A refresh counter that is full is refused.",
        pair(consecutive_refreshes_b=INT_MAX, last_refresh_direction_b="up"), tick(0.1015), tick(0.0985, NOW + 2.0),
        max_consecutive_refreshes=INT_MAX,
    ),
    replayed(
        "recovery_ids_beyond_64_bits", "A recovery id beyond 64 bits is refused.",
        in_s1b(next_recovery_id=INT_MAX), timer(NOW + 2000.0),
    ),
    replayed(
        "evicting_the_lowest_id", "The negated id of the lowest recovery order has no 64 bits.",
        in_s1b(recoveries=[recovery(INT_MIN, "B", 0.12)], next_recovery_id=1), timer(NOW + 2000.0), max_recovery_slots=1,
    ),
    replayed(
        "limits_as_settings", "Limits of 64 bits in the configuration are no limits.",
        in_s2(recoveries=[recovery(1, "A", 0.09)], consecutive_losses_b=3), fill(3, 0.09), timer(NOW + 2000.0),
        max_recovery_slots=INT_MAX, loss_backoff_start=INT_MIN, loss_cooldown_start=INT_MAX, max_consecutive_refreshes=INT_MIN,
    ),
    replayed(
        "ints_beyond_doubles", "The distance of back-off is computed in whole numbers before it meets a double.",
        in_s2(consecutive_losses_b=2**53 + 1, consecutive_losses_a=INT_MAX - 1), fill(3, 0.09), fill(4, 0.2, NOW + 2.0),
        loss_backoff_start=1, backoff_factor=1e-16, backoff_max_multiplier=INF, loss_cooldown_start=INT_MAX,
    ),
    replayed(
        "tiny_prices", "Prices and volumes at the small end of a double.",
        in_s2(market_price=5e-324), fill(3, 5e-324, volume=5e-324), tick(2.2e-308, NOW + 2.0), fill(4, 5e-324, NOW + 3.0),
        price_decimals=330, min_volume=0.0,
    ),
    replayed(
        "size_too_small_waits", "A size below the minimum volume places nothing and spends no id.",
        in_s2(), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), size=1.0,
    ),
    replayed(
        "min_cost_waits", "A size below the minimum cost waits, and so does a volume that rounds below it.",
        in_s2(), fill(3, 0.101), tick(0.1003, NOW + 2.0), fill(4, 0.099, NOW + 3.0), size=2.0, min_cost_usd=2.0,
    ),
    replayed(
        "order_sizes_per_trade", "Each trade has its own size; a missing one takes the common size.",
        in_s2(), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), tick(0.11, NOW + 3.0), sizes={"A": 3.5, "C": 1.0},
    ),
    replayed(
        "order_sizes_empty_or_zero", "A size of zero places nothing.",
        in_s2(), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), sizes={"A": 0, "B": -1.5},
    ),
    replayed("order_sizes_empty", "Empty sizes are no sizes.", in_s1b(), fill(3, 0.101), sizes={}),
    replayed(
        "duplicate_order_ids", "A removal takes every order with the id; a look-up finds the first.",
        state(orders=[SELL_EXIT, {**BUY_EXIT, "local_id": 3}, order(3, "buy", "entry", "B", 0.05), SELL_ENTRY]),
        fill(3, 0.101), timer(NOW + 2.0),
    ),
    replayed(
        "duplicate_stale_entries", "A refresh removes every order with the stale one's id.",
        state(orders=[order(1, "buy", "entry", "B", 0.05), order(1, "sell", "exit", "B", 0.2), SELL_ENTRY]), tick(0.1),
    ),
    replayed(
        "duplicate_recovery_ids", "Evicting an id evicts and books every order that has it.",
        in_s1b(recoveries=[recovery(1, "B", 0.2), recovery(1, "A", 0.1), recovery(2, "B", 0.11)]), timer(NOW + 2000.0),
        recovery_fill(2, 0.1, NOW + 2001.0),
    ),
    replayed(
        "unicode_txids", "Names of any script, escapes and control characters travel unharmed.",
        pair(orders=[order(1, "buy", "entry", "B", 0.0998, txid='ünï-☃-🐕-"\\/\b\f\n\r\t\x00\x7f\u2028'), SELL_ENTRY]),
        tick(0.1015), fill(2, 0.1002, NOW + 2.0, txid="🐕" * 20),
    ),
    replayed(
        "unicode_decomposed", "A name is its code points: nothing is composed, decomposed, folded or trimmed.",
        in_s2(orders=[{**SELL_EXIT, "txid": "e\u0301 A\u030a"},
                      {**BUY_EXIT, "txid": " \ufb01\u212b\u1112\u1161\u11ab\u00df\ufeff "}],
              recoveries=[recovery(1, "B", 0.2, txid="q\u0323\u0307 q\u0307\u0323 \u0344")]),
        timer(NOW + 2000.0), timer(NOW + 5000.0), fill(3, 0.101, NOW + 6000.0, txid="e\u0301"), max_recovery_slots=1,
    ),
    _volume(
        "volumes_of_orders", "What a size buys, rounded to whole coins or to decimals, or nothing.",
        (0.1, 2.0, {}), (0.07, 2.0, {}), (0.16, 2.0, {}), (0.08, 1.0, {}), (0.0, 2.0, {}), (-0.1, 2.0, {}), (0.1, 0.0, {}),
        (0.1, -2.0, {}), (4.0, 10.0, {"min_volume": 0.0}), (4.0, 14.0, {"min_volume": 0.0}), (4.0, 1.0, {"min_volume": -1.0}),
        (0.1, 2.0, {"volume_decimals": 3}), (0.3, 8.0, {"volume_decimals": 8}), (0.1, 2.0, {"volume_decimals": -2}),
        (0.1, 2.0, {"min_cost_usd": 2.5}), (0.07, 2.0, {"min_cost_usd": 2.0}), (0.1, 2.0, {"min_cost_usd": 2.0}),
        (5e-324, 1.0, {}), (1e-300, 1e8, {"volume_decimals": 4}), (0.1, INF, {}), (INF, 2.0, {"min_volume": 0.0}),
        (-0.0, 2.0, {}), (1e308, 5e-324, {"min_volume": 0.0}), (3.0, 1e300, {}),
    ),
)  # fmt: skip
