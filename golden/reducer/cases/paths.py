"""The paths that money takes: fills, refreshes, timeouts, recoveries."""

from __future__ import annotations

from golden.reducer.cases.build import (
    BUY_ENTRY,
    BUY_EXIT,
    NOW,
    SELL_ENTRY,
    SELL_EXIT,
    fill,
    in_s1a,
    in_s1b,
    in_s2,
    order,
    pair,
    recovery,
    recovery_cancel,
    recovery_fill,
    replayed,
    state,
    tick,
    timer,
)
from golden.reducer.corpus import Definition

LONG_ONLY = state(orders=[BUY_ENTRY], long_only=True, mode_source="regime")
MANY = [recovery(1, "B", 0.12), recovery(2, "A", 0.09), recovery(3, "B", 0.105)]

DEFINITIONS: tuple[Definition, ...] = (
    replayed(
        "entry_fill_then_timer", "A buy entry is filled; the timer leaves its exit alone.",
        pair(), fill(1, 0.0998), timer(NOW + 60.0),
    ),
    replayed(
        "exit_fill_books_cycle", "A sell exit is filled: the cycle is booked and trade B enters again.",
        in_s1b(), fill(3, 0.101, side="sell", fee=0.00505),
    ),
    replayed(
        "loss_cooldown_blocks_followup", "The fifth loss in a row starts the cooldown, and no entry follows.",
        in_s1b(consecutive_losses_b=4), fill(3, 0.09, side="sell"), timer(NOW + 2.0),
    ),
    replayed(
        "multi_event_roundtrip_sequence", "Both trades go round, with the market moving in between.",
        pair(), fill(1, 0.0998), tick(0.1004, NOW + 30.0), fill(2, 0.1002, NOW + 40.0, side="sell"), tick(0.101, NOW + 90.0),
        fill(3, 0.1008, NOW + 95.0, side="sell", fee=0.00504), tick(0.0991, NOW + 200.0),
        fill(4, 0.0992, NOW + 210.0, fee=0.00496), timer(NOW + 300.0),
    ),
    replayed("price_tick_refreshes_entry", "The market leaves a buy entry behind; it is moved.", pair(), tick(0.1015)),
    replayed(
        "recovery_cancel_one_of_many", "Of three recovery orders the middle one is cancelled.",
        pair(recoveries=MANY), recovery_cancel(2),
    ),
    replayed(
        "recovery_cancel_removes_order", "The only recovery order is cancelled; a second time it is unknown.",
        pair(recoveries=MANY[:1]), recovery_cancel(1), recovery_cancel(1, NOW + 2.0),
    ),
    replayed(
        "recovery_cap_evicts_priority", "Two slots are full when an exit is orphaned: the farthest recovery order is evicted.",
        in_s1b(recoveries=MANY[:2]), tick(0.0975, NOW + 10.0), timer(NOW + 1350.0),
    ),
    replayed(
        "recovery_fill_books_cycle", "A recovery order is filled after all, at a profit and at a loss.",
        pair(recoveries=MANY), recovery_fill(1, 0.12, fee=0.006), recovery_fill(2, 0.11, NOW + 2.0),
    ),
    replayed(
        "refresh_cap_cooldown_then_reset", "Chasing the market up three times starts a cooldown; after it the count resets.",
        LONG_ONLY, tick(0.1015, NOW + 1.0), tick(0.1031, NOW + 2.0), tick(0.1047, NOW + 3.0), tick(0.1063, NOW + 4.0),
        tick(0.1064, NOW + 303.0), tick(0.108, NOW + 304.0),
    ),
    replayed(
        "s1_timeout_orphan", "A buy exit waits too long while the market moves away from it.",
        in_s1a(), timer(NOW + 1349.999), timer(NOW + 1350.0),
    ),
    replayed(
        "s2_timeout_orphans_worse_exit", "Both exits wait too long; the farther one is orphaned.",
        in_s2(), timer(NOW), tick(0.1004, NOW + 5.0), timer(NOW + 1799.0), timer(NOW + 1800.0),
    ),
    replayed("s2_timer_sets_flag", "The first timer in S2 notes when it began.", in_s2(), timer(), timer(NOW + 2.0)),
    replayed(
        "s2_tie_orphans_sell_exit", "At equal distances the sell exit counts as the worse one.",
        in_s2(orders=[order(3, "sell", "exit", "B", 1.25), order(4, "buy", "exit", "A", 0.75)], market_price=1.0,
        s2_entered_at=NOW),
        timer(NOW + 1800.0), size=40.0,
    ),
    replayed(
        "s2_without_market_waits", "Without a market price S2 orphans nothing, however long it lasts.",
        in_s2(market_price=0.0, s2_entered_at=NOW), timer(NOW + 9999.0), tick(-0.1, NOW + 10000.0), timer(NOW + 10001.0),
        fill(3, 0.101, NOW + 10002.0),
    ),
    replayed(
        "s2_buy_exit_is_worse", "The buy exit is farther from the market, and trade A enters again.",
        in_s2(orders=[SELL_EXIT, order(4, "buy", "exit", "A", 0.097)], s2_entered_at=NOW), timer(NOW + 1800.0),
    ),
    replayed(
        "s1_timeout_not_moved_away", "An old exit that the market comes towards is left alone, on either side.",
        in_s1b(), tick(0.1012, NOW + 1.0), timer(NOW + 1400.0), fill(3, 0.101, NOW + 1401.0), fill(2, 0.1002, NOW + 1402.0),
        tick(0.0985, NOW + 1403.0), timer(NOW + 9999.0),
    ),
    replayed(
        "s1_age_from_placed_at", "An exit without fill time counts from its placing; without either it has no age.",
        in_s1b(orders=[order(3, "sell", "exit", "B", 0.101, entry_filled_at=0.0)]), timer(NOW + 1349.0), timer(NOW + 1350.0),
        timer(NOW + 1351.0),
    ),
    replayed(
        "s1_exit_without_times", "An exit with neither time is never old, unless the age is zero.",
        in_s1b(orders=[order(3, "sell", "exit", "B", 0.101, entry_filled_at=-0.0, placed_at=0.0)]), timer(NOW + 99999.0),
    ),
    replayed(
        "s1_zero_age_orphans_at_once", "With an age of zero the first timer orphans.",
        in_s1b(orders=[order(3, "sell", "exit", "B", 0.101, entry_filled_at=0.0, placed_at=-0.0)]), timer(NOW),
        s1_orphan_after_sec=0.0,
    ),
    replayed(
        "evict_with_and_without_txid", "Three of four recovery orders make room: only those with a txid are cancelled.",
        in_s1a(recoveries=[
            recovery(1, "B", 0.12, txid=""), recovery(2, "A", 0.08), recovery(3, "A", 0.12, orphaned_at=NOW - 900.0),
            recovery(4, "B", 0.101, entry_filled_at=0.0),
        ]),
        timer(NOW + 2000.0),
    ),
    replayed(
        "evict_ranks_age_then_id", "At equal distances the oldest goes first, then the lowest id.",
        in_s1b(recoveries=[recovery(7, "B", 0.12), recovery(3, "B", 0.12), recovery(5, "B", 0.12, orphaned_at=NOW)]),
        timer(NOW + 2000.0), max_recovery_slots=3,
    ),
    replayed(
        "evict_at_no_market", "Without a market an eviction is booked at the order's price, its entry price, or nothing.",
        in_s1a(market_price=-1.0, recoveries=[
            recovery(1, "B", 0.12), recovery(2, "A", 0.0, entry_price=0.1), recovery(3, "B", -0.5, entry_price=-0.1),
        ], orders=[order(4, "buy", "exit", "A", -2.0)]),
        timer(NOW + 2000.0), max_recovery_slots=0,
    ),
    replayed(
        "evict_loss_starts_cooldown", "An eviction at a loss counts as one, and its cooldown blocks the follow-up.",
        in_s1b(recoveries=[recovery(1, "B", 0.14, entry_price=0.13)]), timer(NOW + 2000.0), timer(NOW + 2001.0),
        max_recovery_slots=1, loss_cooldown_start=1,
    ),
    replayed(
        "evict_negative_fee_is_no_fee", "A maker rebate makes no negative eviction fee.",
        in_s1b(recoveries=[recovery(1, "A", 0.08)]), timer(NOW + 2000.0), max_recovery_slots=1, maker_fee_pct=-0.02,
    ),
    replayed(
        "many_slots_evict_nothing", "With a slot to spare nothing is evicted.",
        in_s1a(recoveries=MANY), timer(NOW + 2000.0), max_recovery_slots=4,
    ),
    replayed(
        "reentry_cooldown_blocks_both", "A base cooldown after every cycle and every orphaning; it never shrinks.",
        in_s2(cooldown_until_b=NOW + 5000.0), fill(3, 0.101), timer(NOW + 1400.0), fill(4, 0.0998, NOW + 1401.0),
        reentry_base_cooldown_sec=120.0,
    ),
    replayed(
        "cooldown_over_enters_again", "Once the cooldown is over, the exact second included, the next cycle enters again.",
        in_s1b(cooldown_until_b=NOW + 10.0), fill(3, 0.101, NOW + 10.0),
    ),
    replayed(
        "loss_backoff_moves_entry_out", "After three losses the entry stands farther away, at most five times as far.",
        in_s2(consecutive_losses_a=2, consecutive_losses_b=40), fill(4, 0.12), fill(3, 0.09, NOW + 2.0),
        loss_cooldown_start=100,
    ),
    replayed(
        "backoff_through_zero_falls_back", "A back-off that would go below zero is dropped.",
        in_s2(consecutive_losses_a=9, consecutive_losses_b=9), fill(3, 0.09), fill(4, 0.12, NOW + 2.0),
        backoff_factor=200.0, backoff_max_multiplier=1000.0, loss_cooldown_start=100,
    ),
    replayed(
        "negative_market_falls_back", "Below zero both formulas fail, and no entry is placed.",
        in_s2(market_price=-0.1), fill(3, 0.101), fill(4, 0.099, NOW + 2.0),
    ),
    replayed(
        "profit_resets_losses", "One profit forgets all losses in a row.",
        in_s2(consecutive_losses_a=4, consecutive_losses_b=2, today_realized_loss=1.5), fill(3, 0.101), fill(4, 0.099,
        NOW + 2.0),
    ),
    replayed(
        "own_distances_per_trade", "Each trade has its own entry distance; zero or less means the common one.",
        in_s2(), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), entry_pct_a=0.5, entry_pct_b=-1.0,
    ),
    replayed(
        "runtime_profit_of_zero", "A runtime profit of zero falls back to the configuration's.",
        pair(profit_pct_runtime=-0.0), fill(1, 0.0998), fill(2, 0.1002, NOW + 2.0), profit_pct=2.0,
    ),
    replayed(
        "exit_never_through_market", "An exit is never placed on the wrong side of a market that ran away.",
        pair(market_price=0.12), fill(1, 0.0998), tick(0.08, NOW + 2.0), fill(2, 0.1002, NOW + 3.0),
        refresh_pct=100.0,
    ),
    replayed(
        "sticky_mode_never_orphans", "Sticky mode orphans nothing and forgets when S2 began.",
        in_s2(s2_entered_at=NOW), timer(NOW + 99999.0), fill(3, 0.101, NOW + 100000.0), timer(NOW + 200000.0),
        sticky_mode_enabled=True,
    ),
    replayed(
        "long_only_skips_sell_entry", "Long-only: trade A does not enter again.",
        in_s2(long_only=True, mode_source="balance"), fill(4, 0.099), fill(3, 0.101, NOW + 2.0), timer(NOW + 3.0),
    ),
    replayed(
        "short_only_skips_buy_entry", "Short-only: trade B does not enter again.",
        in_s2(short_only=True, mode_source="regime"), fill(3, 0.101), fill(4, 0.099, NOW + 2.0), timer(NOW + 3.0),
    ),
    replayed(
        "refresh_takes_first_stale_only", "Both entries are stale, one is moved: the first on the book that may be.",
        pair(refresh_cooldown_until_b=NOW + 100.0), tick(0.12), tick(0.12, NOW + 2.0), tick(0.12, NOW + 200.0),
    ),
    replayed(
        "refresh_direction_turns", "A turn of the market starts the count of refreshes again.",
        LONG_ONLY, tick(0.1015), tick(0.0995, NOW + 2.0), tick(0.0975, NOW + 3.0), tick(0.1, NOW + 4.0), tick(0.1, NOW + 5.0),
        max_consecutive_refreshes=4,
    ),
    replayed(
        "refresh_skips_exits", "Only entries are refreshed, however far an exit is.",
        in_s1a(orders=[BUY_EXIT, BUY_ENTRY]), tick(0.2), tick(0.2, NOW + 2.0),
    ),
    replayed(
        "refresh_without_volume", "A stale entry is cancelled although the new one would be too small.",
        pair(), tick(0.2), tick(0.2, NOW + 2.0), tick(0.2, NOW + 3.0),
    ),
    replayed(
        "refresh_keeps_cycle_and_txid", "The cancel names the txid; the new entry keeps the order's cycle, not the counter's.",
        pair(orders=[order(1, "buy", "entry", "B", 0.0998, txid="OTX-1", cycle=3), SELL_ENTRY], cycle_b=7), tick(0.1015),
    ),
    replayed("refresh_at_no_market", "Without a market nothing drifts.", pair(), tick(0.0), tick(-0.0, NOW + 2.0)),
    replayed(
        "unknown_ids_change_only_now", "Events of orders that are not there move the clock and nothing else.",
        in_s2(s2_entered_at=NOW), fill(99, 0.1), recovery_fill(99, 0.1, NOW + 2.0), recovery_cancel(99, NOW + 3.0),
        fill(-3, 0.1, NOW + 4.0),
    ),
    replayed(
        "unknown_fill_leaves_flag", "Outside S2 an unknown fill leaves even a wrong flag alone; a recovery cancel clears it.",
        pair(s2_entered_at=NOW), fill(99, 0.1), recovery_fill(99, 0.1, NOW + 2.0), recovery_cancel(99, NOW + 3.0),
    ),
    replayed(
        "time_runs_backwards", "A clock that jumps back is taken as it is.",
        in_s1b(), timer(NOW - 500.0), fill(3, 0.101, NOW - 600.0), tick(0.1, -5.0),
    ),
    replayed(
        "cycle_counter_never_shrinks", "An exit of an old cycle leaves the counter; one of a later cycle moves it.",
        state(orders=[SELL_EXIT, order(5, "sell", "exit", "B", 0.101, cycle=9)], cycle_b=5), fill(3, 0.101),
        fill(5, 0.101, NOW + 2.0),
    ),
    replayed(
        "empty_pair_stays_empty", "A pair without orders does nothing of its own.",
        state(), tick(0.2), timer(NOW + 2.0), fill(1, 0.1, NOW + 3.0), recovery_cancel(1, NOW + 4.0),
    ),
)  # fmt: skip
