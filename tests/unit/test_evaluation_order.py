"""Every formula of section 3, written in every other order that is the same on paper, is told apart by a fixture."""

from __future__ import annotations

from typing import Any

import pytest

from golden.reducer.cases.arithmetic import DEFINITIONS
from golden.reducer.corpus import FIXTURES_DIR, read_fixture, record, to_bytes
from reducer import pricing
from tests.quality.planted import rewrite

NEAR = "market * (1 - (pct * mult) / 100.0)"
FAR = "market * (1 + (pct * mult) / 100.0)"
BACKOFF = "1.0 + cfg.backoff_factor * (loss_count - cfg.loss_backoff_start + 1)"

# The fixture, the function, how it is written, and how else it could be.
OTHERWISE: list[tuple[str, Any, str, str]] = [
    *(
        ("order_of_entry_price", pricing.entry_price, old, new.replace("±", sign))
        for old, sign in ((NEAR, "-"), (FAR, "+"))
        for new in (
            "market * (1 ± (pct / 100.0) * mult)", "market * (1 ± pct * (mult / 100.0))", "market * (1 ± (pct * mult) * 0.01)",
            "market ± market * ((pct * mult) / 100.0)", "market * (100.0 ± pct * mult) / 100.0",
            "market * ((100.0 ± pct * mult) / 100.0)",
        )
    ),
    *(
        ("order_of_backoff", pricing.entry_backoff_multiplier, BACKOFF, new)
        for new in (
            "1.0 + cfg.backoff_factor * (loss_count - cfg.loss_backoff_start) + cfg.backoff_factor",
            "(1.0 + cfg.backoff_factor) + cfg.backoff_factor * (loss_count - cfg.loss_backoff_start)",
            "1.0 + cfg.backoff_factor * loss_count - cfg.backoff_factor * cfg.loss_backoff_start + cfg.backoff_factor",
        )
    ),
    *(
        ("order_of_entry_fallback", pricing.entry_price, f"market * (1 {sign} p)", new.replace("±", sign))
        for sign in "-+"
        for new in ("market * (1 ± pct * 0.01)", "market ± market * p", "market * (100.0 ± pct) / 100.0",
                    "market * ((100.0 ± pct) / 100.0)")
    ),
    *(
        ("order_of_exit_price", pricing.exit_price, f"{price} * (1 {sign} {name})", new.replace("±", sign))
        for price, name, pct in (
            ("fill_price", "p", "(state.profit_pct_runtime or cfg.profit_pct)"), ("state.market_price", "e", "cfg.entry_pct"))
        for sign in "-+"
        for new in (f"{price} * (1 ± {pct} * 0.01)", f"({price} ± {price} * {name})", f"{price} * (100.0 ± {pct}) / 100.0",
                    f"{price} * ((100.0 ± {pct}) / 100.0)")
    ),
    ("order_of_volume", pricing.compute_order_volume, "order_size_usd / price", "order_size_usd * (1.0 / price)"),
    ("order_of_volume", pricing.compute_order_volume, "volume * price < cfg.min_cost_usd", "volume < cfg.min_cost_usd / price"),
]  # fmt: skip


def answers(name: str) -> bytes:
    (definition,) = (item for item in DEFINITIONS if item.name == name)
    return to_bytes(record(definition))


@pytest.mark.parametrize(("name", "function", "old", "new"), OTHERWISE)
def test_another_order_of_evaluation_changes_a_fixture(name: str, function: Any, old: str, new: str) -> None:
    recorded = to_bytes(read_fixture(FIXTURES_DIR / f"{name}.json"))
    assert answers(name) == recorded
    before = function.__code__
    try:
        rewrite(function, old, new)
        assert answers(name) != recorded
    finally:
        function.__code__ = before
