"""Prices and sizes. Every formula is evaluated in the order in which it is written."""

from __future__ import annotations

import math
from collections.abc import Mapping

from reducer.types import EngineConfig, PairState, Side, TradeId


def round_price(price: float, decimals: int) -> float:
    """Round as Python does; a result too large for a double becomes infinite, which no order may have."""
    try:
        return round(price, decimals)
    except OverflowError:
        return math.copysign(math.inf, price)


def base_distance_pct(cfg: EngineConfig, trade_id: TradeId) -> float:
    """Return the base distance of a trade's entry from the market, in percent."""
    own = cfg.entry_pct_a if trade_id == "A" else cfg.entry_pct_b
    if own is not None and own > 0:
        return own
    return cfg.entry_pct


def entry_backoff_multiplier(loss_count: int, cfg: EngineConfig) -> float:
    """Return the factor on an entry's distance after `loss_count` consecutive losses."""
    if loss_count < cfg.loss_backoff_start:
        return 1.0
    return min(
        cfg.backoff_max_multiplier,
        1.0 + cfg.backoff_factor * (loss_count - cfg.loss_backoff_start + 1),
    )


def entry_price(state: PairState, cfg: EngineConfig, side: Side, trade_id: TradeId) -> float:
    """Return the price of a new entry of this trade."""
    losses = state.consecutive_losses_a if trade_id == "A" else state.consecutive_losses_b
    pct = base_distance_pct(cfg, trade_id)
    mult = entry_backoff_multiplier(losses, cfg)
    market = state.market_price
    if side == "buy":
        price = round_price(market * (1 - (pct * mult) / 100.0), cfg.price_decimals)
    else:
        price = round_price(market * (1 + (pct * mult) / 100.0), cfg.price_decimals)
    if price <= 0:
        p = pct / 100.0
        if side == "buy":
            price = round_price(market * (1 - p), cfg.price_decimals)
        else:
            price = round_price(market * (1 + p), cfg.price_decimals)
    return price


def exit_price(state: PairState, cfg: EngineConfig, side: Side, fill_price: float) -> float:
    """Return the price of the exit after an entry was filled at `fill_price`.

    It is the profit away from the fill, or the entry distance away from the market if that is farther out.
    """
    p = (state.profit_pct_runtime or cfg.profit_pct) / 100.0
    e = cfg.entry_pct / 100.0
    if side == "sell":
        wanted = max(fill_price * (1 + p), state.market_price * (1 + e))
    else:
        wanted = min(fill_price * (1 - p), state.market_price * (1 - e))
    return round_price(wanted, cfg.price_decimals)


def compute_order_volume(price: float, cfg: EngineConfig, order_size_usd: float) -> float | None:
    """Return the volume in coins that `order_size_usd` buys at `price`, or None if the exchange would refuse the order.

    A size that is too small is never raised to the exchange's minimum.
    """
    if price <= 0 or order_size_usd <= 0:
        return None
    if cfg.min_cost_usd > 0 and order_size_usd < cfg.min_cost_usd:
        return None
    raw = order_size_usd / price
    if not math.isfinite(raw):
        return None
    volume = float(round(raw)) if cfg.volume_decimals <= 0 else round(raw, cfg.volume_decimals)
    if volume < cfg.min_volume:
        return None
    if cfg.min_cost_usd > 0 and volume * price < cfg.min_cost_usd:
        return None
    return volume


def size_for(trade_id: TradeId, order_size_usd: float, order_sizes: Mapping[str, float] | None) -> float:
    """Return the size of a trade's next entry, in USD."""
    if order_sizes:
        return order_sizes.get(trade_id, order_size_usd)
    return order_size_usd
