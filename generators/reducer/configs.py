"""Configurations decoded from one integer per field. Zero is the default; the other values lead into rare branches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from generators.dial import Dial
from generators.plain import INT64_MAX, INT64_MIN
from generators.reducer.coincidences import ROUND
from reducer.types import EngineConfig

INF = math.inf
# A back-off factor so large that an entry price falls below zero.
STEEP = 400.0
# Sticky mode turns off the work of timers, so few cases have it.
STICKY_ONE_IN, STICKY_ONE_IN_COINCIDENT = 12, 3

# The first of each list is the contract's default. Durations are in seconds, distances in percent.
OPTIONS: dict[str, tuple[Any, ...]] = {
    "entry_pct": (0.2, 0.05, 1.0, 0.35, 3.0, 0.0, 0.123456789, 100.0, 150.0, -0.5),
    "entry_pct_a": (None, 0.1, 0.5, 2.0, 0.0, -1.0, 120.0),
    "entry_pct_b": (None, 0.1, 0.5, 2.0, 0.0, -1.0, 120.0),
    "profit_pct": (1.0, 0.25, 0.5, 3.0, 0.0, 120.0, -0.5),
    "refresh_pct": (1.0, 0.3, 0.05, 0.0, 2.5, INF, -1.0),
    "order_size_usd": (2.0, 10.0),
    "price_decimals": (6, 5, 4, 8, 3, 2, 7, 1, 0, 9, 10, 11, 12, -1, -2, 15, 17, 16, 22, 308, 400),
    "volume_decimals": (0, 1, 2, 3, 4, 5, 6, 7, 8, -1, 12),
    "min_volume": (13.0, 0.0, 1.0, 1e-08, 20.0, 0.5, -1.0, INF),
    "min_cost_usd": (0.0, 0.5, 1.999, 2.0, 5.0, -1.0),
    "maker_fee_pct": (0.25, 0.0, 0.16, 1.0, -0.02, 10.0),
    "stale_price_max_age_sec": (60.0, INF),
    "s1_orphan_after_sec": (1350.0, 60.0, 600.0, 1.0, 0.0, INF, 1350.5),
    "s2_orphan_after_sec": (1800.0, 60.0, 300.0, 1.0, 0.0, INF),
    "loss_backoff_start": (3, 1, 2, 0, -1, 10),
    "loss_cooldown_start": (5, 1, 2, 3, 0, -1),
    "loss_cooldown_sec": (900.0, 30.0, 1.0, 0.0, INF, -5.0),
    "reentry_base_cooldown_sec": (0.0, 30.0, 1.0, 120.0, INF, -1.0),
    "backoff_factor": (0.5, 0.1, 1.0, 2.5, 0.0, -0.5, STEEP),
    "backoff_max_multiplier": (5.0, 1.0, 2.0, 0.5, 1000.0, INF, 0.0),
    "max_consecutive_refreshes": (3, 1, 2, 5, 0, -1),
    "refresh_cooldown_sec": (300.0, 30.0, 1.0, 0.0, INF, -1.0),
    "max_recovery_slots": (2, 1, 0, 1, 3, 4, -1),
    "sticky_mode_enabled": (False, True),
}

# Values that no deployment would set, but that every port must treat alike.
WILD: dict[str, tuple[Any, ...]] = {
    "entry_pct": (INF, -INF, 1e308, 5e-324, -0.0),
    "profit_pct": (INF, 1e308, -0.0),
    "price_decimals": (2**31, -400, INT64_MAX, INT64_MIN, 323, 324, -308),
    "volume_decimals": (400, INT64_MAX, -400),
    "maker_fee_pct": (INF, 1e308, -0.0),
    "backoff_factor": (INF, -INF, 1e308),
    "loss_backoff_start": (INT64_MAX, INT64_MIN),
    "max_recovery_slots": (INT64_MAX, INT64_MIN),
    "max_consecutive_refreshes": (INT64_MAX, INT64_MIN),
    "s1_orphan_after_sec": (-INF, -1.0),
    "reentry_base_cooldown_sec": (1e308, -0.0),
    "refresh_cooldown_sec": (-INF, 1e308),
}

FIELDS = tuple(field.name for field in fields(EngineConfig))
FIELD_COUNT = len(FIELDS)


def decode_config(choices: Sequence[int], *, wild: bool = False, coincident: bool = False) -> EngineConfig:
    """Decode a configuration from one integer per field, in the contract's order; missing integers count as zero.

    `wild` adds values that no deployment would set; `coincident` leaves only few round ones.
    """
    values: dict[str, Any] = {}
    given = [*choices[:FIELD_COUNT], *[0] * (FIELD_COUNT - len(choices))]
    for name, choice in zip(FIELDS, given, strict=True):
        usual = OPTIONS[name]
        options = ROUND.get(name, usual) if coincident else usual
        if wild:
            options += WILD.get(name, ())
        values[name] = options[choice % len(options)]
    if values["backoff_factor"] == STEEP:
        # A maximum would cut the back-off off before the price falls below zero.
        values["backoff_max_multiplier"] = INF
    sticky = Dial(choices[FIELD_COUNT - 1] if len(choices) >= FIELD_COUNT else 0)
    values["sticky_mode_enabled"] = sticky.flag(STICKY_ONE_IN_COINCIDENT if coincident else STICKY_ONE_IN)
    return EngineConfig(**values)
