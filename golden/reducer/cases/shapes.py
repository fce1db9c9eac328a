"""Shapes of states: every invariant, every bootstrap, older and newer snapshots."""

from __future__ import annotations

from typing import Any

from golden.reducer.cases.build import (
    BUY_ENTRY,
    BUY_EXIT,
    NOW,
    SELL_ENTRY,
    SELL_EXIT,
    called,
    fill,
    in_s1a,
    in_s1b,
    in_s2,
    order,
    pair,
    python,
    recovery,
    replayed,
    state,
    tick,
    wire,
)
from golden.reducer.corpus import Definition

OLD_SNAPSHOT: dict[str, Any] = {
    "market_price": 0.1,
    "now": NOW,
    "orders": [
        {"local_id": 3, "side": "sell", "role": "exit", "price": 0.101, "volume": 20, "trade_id": "B", "cycle": 1},
        {key: value for key, value in SELL_ENTRY.items() if key in ("local_id", "side", "role", "price", "volume", "trade_id",
        "cycle")},
    ],
    "recovery_orders": [
        {"recovery_id": 1, "side": "buy", "price": 0.09, "volume": 20, "trade_id": "A", "cycle": 1, "entry_price": 0.1,
         "orphaned_at": 5}
    ],
    "completed_cycles": [
        {"trade_id": "A", "cycle": 1, "entry_price": 0.1, "exit_price": 0.09, "volume": 20, "gross_profit": 0.2, "fees": 0.01,
         "net_profit": 0.19}
    ],
    "next_order_id": 4,
    "total_profit": 0.19,
    "profit_pct": 2.5,
}  # fmt: skip


def _states(name: str, about: str, *states: Any) -> Definition:
    """Define a fixture of the phases and violations of states."""
    calls = [wire(method, state=item) for item in states for method in ("check_invariants", "derive_phase")]
    return called(name, about, *calls)


def _bootstraps(name: str, about: str, start: Any, *rows: dict[str, Any]) -> Definition:
    """Define a fixture of bootstraps of one state; a row holds size, permissions and other fields of the configuration."""
    calls = []
    for row in rows:
        config = {key: value for key, value in row.items() if key not in ("size", "allow_long_only", "allow_short_only")}
        allowed = {key: row[key] for key in ("allow_long_only", "allow_short_only") if key in row}
        calls.append(wire("bootstrap_orders", state=start, config=config, order_size_usd=row.get("size", 2.0), **allowed))
    return called(name, about, *calls)


BY_HAND = {"config": {}, "cycle": 4, "order_size_usd": 2.0}

DEFINITIONS: tuple[Definition, ...] = (
    _states(
        "invariants_hold", "Sound states of every phase and mode.",
        pair(), in_s1a(), in_s1b(), in_s2(), in_s2(s2_entered_at=NOW), state(orders=[BUY_ENTRY], long_only=True),
        state(orders=[SELL_ENTRY], short_only=True), in_s1a(short_only=True, orders=[BUY_EXIT]),
        in_s1b(long_only=True, orders=[SELL_EXIT]), in_s1a(short_only=True, orders=[BUY_EXIT, SELL_ENTRY,
        SELL_ENTRY | {"local_id": 9}]),
    ),
    _states(
        "invariants_of_the_book", "States whose orders do not fit their phase.",
        state(), state(long_only=True), state(short_only=True), state(orders=[BUY_ENTRY]), state(orders=[SELL_ENTRY]),
        pair(long_only=True, short_only=True), pair(short_only=True), in_s1a(orders=[BUY_EXIT]), in_s1b(orders=[SELL_EXIT]),
        in_s1a(long_only=True, orders=[BUY_EXIT]), in_s1b(short_only=True, orders=[SELL_EXIT]),
        in_s2(orders=[BUY_EXIT, SELL_EXIT, BUY_ENTRY]), in_s1a(orders=[BUY_ENTRY, BUY_EXIT, BUY_EXIT | {"local_id": 9}]),
        in_s1a(short_only=True, orders=[BUY_EXIT, BUY_EXIT | {"local_id": 9}]),
        in_s1b(long_only=True, orders=[SELL_EXIT, SELL_EXIT | {"local_id": 9}]),
    ),
    _states(
        "invariants_of_fields", "Every other thing that can be wrong, one by one and all at once.",
        pair(s2_entered_at=NOW), pair(cycle_a=0), pair(cycle_b=-1), pair(orders=[BUY_ENTRY, SELL_ENTRY | {"local_id": 1}]),
        pair(orders=[BUY_ENTRY | {"cycle": 0}, SELL_ENTRY | {"volume": 0.0}]), in_s1a(orders=[BUY_ENTRY,
        BUY_EXIT | {"entry_price": 0.0}]),
        state(orders=[SELL_EXIT | {"entry_price": -0.0, "volume": -1.0, "cycle": -5}] * 2, cycle_a=0, cycle_b=0,
        s2_entered_at=0.0),
    ),
    _bootstraps(
        "bootstrap_both", "A new pair enters on both sides, whatever its cooldowns and modes were.",
        state(cooldown_until_a=1e9, cooldown_until_b="Infinity", cycle_a=3, cycle_b=5, long_only=True, mode_source="regime",
        next_order_id=7),
        {}, {"allow_long_only": False, "allow_short_only": False}, {"entry_pct_a": 1.0, "entry_pct_b": 2.0},
    ),
    _bootstraps(
        "bootstrap_one_sided", "Where one side has no volume, the mode follows, if allowed.",
        state(market_price=0.154),
        {"size": 2.0, "entry_pct_b": 0.9}, {"size": 2.0, "entry_pct_b": 0.9, "allow_long_only": False},
        {"size": 2.0, "entry_pct_a": 0.1, "entry_pct_b": 150.0, "min_volume": 1.0},
        {"size": 2.0, "entry_pct_a": 0.1, "entry_pct_b": 150.0, "min_volume": 1.0, "allow_short_only": False},
        {"size": 0.5}, {"size": "Infinity"},
    ),
    _bootstraps(
        "bootstrap_refused", "Bootstraps outside the domain, before and after.",
        state(next_order_id=2**63 - 1), {}, {"size": None}, {"size": True}, {"size": "NaN"}, {"allow_long_only": 1},
        {"entry_pct": "two"},
        {"size": 1e308, "entry_pct": "Infinity", "min_volume": 0.0},
    ),
    replayed(
        "old_snapshot_loads",
        "A snapshot from before settlement, recoveries' txids and runtime profits goes on from its defaults.",
        OLD_SNAPSHOT, fill(3, 0.101, NOW + 1.0), fill(2, 0.1002, NOW + 2.0), cfg={},
    ),
    replayed(
        "empty_snapshot_loads", "An empty snapshot is a pair at its beginning.",
        {}, tick(0.1, 1.0), cfg={}, calls=[wire("check_invariants", state={}), wire("derive_phase", state={})],
    ),
    replayed(
        "newer_snapshot_loads", "Keys that nobody knows yet are ignored, at every level; ints are fine for floats.",
        {**pair(market_price=1, now=2), "written_by": "tomorrow", "profit_pct": "ignored where the new field is there",
         "orders": [{**BUY_ENTRY, "iceberg": True, "price": 1}, SELL_ENTRY]},
        tick(2, 3),
    ),
    replayed(
        "mode_source_is_forgiving", "Space and case do not matter, any other text is none.",
        {**pair(), "mode_source": "  BaLance\n"}, tick(0.1),
        calls=[wire("bootstrap_orders", state={**state(), "mode_source": text}, config={}, order_size_usd=-1.0)
               for text in ("REGIME", "regimes", "", "\u2003none\u2003", "ſ", "\x1cbalance\x1f", "\u00a0regime")],
    ),
    called(
        "from_dict_snapshots", "Whole, old and wrong snapshots, read as Python does.",
        python("from_dict", snapshot=OLD_SNAPSHOT), python("from_dict", snapshot={}), python("from_dict", snapshot=pair()),
        python("from_dict", snapshot=[]), python("from_dict", snapshot={"orders": [1]}), python("from_dict",
        snapshot={"orders": 5}),
        python("from_dict", snapshot={"orders": [{"local_id": 1}]}), python("from_dict", snapshot={"market_price": None}),
        python("from_dict", snapshot={"orders": [SELL_ENTRY, {**BUY_EXIT, "price": "dear"}]}),
        python("from_dict", snapshot={"cooldown_until_a": "Infinity", "cooldown_until_b": "-Infinity"}),
        python("from_dict", snapshot={"mode_source": 5}), python("from_dict", snapshot={"profit_pct": True}),
        python("from_dict", snapshot={"total_profit": 2.5, "s2_entered_at": None, "last_refresh_direction_a": "up"}),
    ),
    called(
        "orders_by_hand", "Entries by hand, and orders found, named and removed.",
        python("add_entry_order", state=state(), side="buy", trade_id="B", **BY_HAND),
        python("add_entry_order", state=pair(cooldown_until_a=NOW + 1.0), side="sell", trade_id="A", **BY_HAND),
        python("add_entry_order", state=pair(cooldown_until_a=NOW), side="sell", trade_id="A", **BY_HAND),
        python("add_entry_order", state=pair(), side="sell", trade_id="A", **{**BY_HAND, "order_size_usd": 0.5}),
        python("add_entry_order", state=pair(next_order_id=2**63 - 1), side="sell", trade_id="A", **BY_HAND),
        python("find_order", state=pair(), local_id=2), python("find_order", state=pair(), local_id=3),
        python("find_order", state=pair(orders=[BUY_ENTRY, SELL_ENTRY | {"local_id": 1}]), local_id=1),
        python("remove_order", state=pair(), local_id=2), python("remove_order", state=pair(), local_id=9),
        python("remove_order", state=pair(orders=[BUY_ENTRY, SELL_ENTRY | {"local_id": 1}]), local_id=1),
        python("remove_recovery", state=pair(recoveries=[recovery(1, "A", 0.09)]), recovery_id=1),
        python("remove_recovery", state=pair(recoveries=[recovery(1, "A", 0.09)]), recovery_id=2),
        python("apply_order_txid", state=pair(), local_id=1, txid="OTX-1"), python("apply_order_txid", state=pair(),
        local_id=9, txid="X"),
        python("apply_recovery_txid", state=pair(recoveries=[recovery(1, "A", 0.09), recovery(2, "B", 0.2)]), recovery_id=2,
        txid="R"),
        python("entry_backoff_multiplier", loss_count=2, config={}), python("entry_backoff_multiplier", loss_count=3,
        config={}),
        python("entry_backoff_multiplier", loss_count=50, config={}),
    ),
    replayed("no_events", "A case without events answers its state.", in_s1b(recoveries=[recovery(1, "A", 0.09)])),
    replayed(
        "everything_at_once", "A crowded book: orders of all kinds, recoveries and cycles, and one of each event.",
        {**state(orders=[BUY_ENTRY, SELL_ENTRY, SELL_EXIT, BUY_EXIT, order(5, "buy", "entry", "A", 0.09), order(6, "sell",
        "exit", "A", 0.2)],
                 recoveries=[recovery(1, "A", 0.09), recovery(2, "B", 0.12)]),
                     "completed_cycles": OLD_SNAPSHOT["completed_cycles"]},
        tick(0.1015), fill(1, 0.1), fill(3, 0.101, NOW + 2.0), fill(6, 0.2, NOW + 3.0), fill(5, 0.09, NOW + 4.0), fill(2,
        0.1002, NOW + 5.0),
        max_consecutive_refreshes=0,
    ),
)  # fmt: skip
