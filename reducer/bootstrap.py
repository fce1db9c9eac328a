"""The first two entries of a pair."""

from __future__ import annotations

from reducer.domain import check_result, check_settings, check_state
from reducer.orders import Sizing, new_entry, place_action
from reducer.types import Action, EngineConfig, OrderState, PairState, replace


def bootstrap_orders(
    state: PairState,
    cfg: EngineConfig,
    order_size_usd: float,
    allow_long_only: bool = True,
    allow_short_only: bool = True,
) -> tuple[PairState, list[Action], tuple[OrderState, ...]]:
    """Create a buy entry of B, then a sell entry of A, and set the one-sided mode if only one of them was possible.

    The orders are returned beside the state, not in it: the runtime puts them on the book after its balance check.
    Raises `ValueError` for a value outside the domain and `OverflowError` for a result that is too large.
    """
    before = check_state(state)
    sizing = Sizing(*check_settings(cfg, order_size_usd, None))
    state, buy = new_entry(before, sizing, "buy", "B", before.cycle_b)
    state, sell = new_entry(state, sizing, "sell", "A", state.cycle_a)
    long_only = buy is not None and sell is None and bool(allow_long_only)
    short_only = sell is not None and buy is None and bool(allow_short_only)
    state = replace(
        state,
        long_only=long_only,
        short_only=short_only,
        mode_source="balance" if long_only or short_only else "none",
    )
    orders = tuple(order for order in (buy, sell) if order is not None)
    actions: list[Action] = [place_action(order, "bootstrap") for order in orders]
    check_result(before, state, actions)
    return state, actions, orders
