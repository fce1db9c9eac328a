//! Prices and sizes. Every formula is evaluated in the order in which it is written. Reference: `reducer/pricing.py`.

use crate::python_float::{or_else, python_max, python_min, python_round, round_whole};
use crate::types::{EngineConfig, PairState, Side, TradeId};

/// The sizes of entries per trade, in USD. Reference: the mapping `order_sizes`, of which only these two keys are read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct OrderSizes {
    pub a: Option<f64>,
    pub b: Option<f64>,
}

/// The base distance of a trade's entry from the market, in percent. Reference: `base_distance_pct`.
fn base_distance_pct(cfg: &EngineConfig, trade_id: TradeId) -> f64 {
    let own = if trade_id == TradeId::A { cfg.entry_pct_a } else { cfg.entry_pct_b };
    match own {
        Some(own) if own > 0.0 => own,
        _ => cfg.entry_pct,
    }
}

/// The factor on an entry's distance after consecutive losses. Reference: `entry_backoff_multiplier`.
pub fn entry_backoff_multiplier(loss_count: i128, cfg: &EngineConfig) -> f64 {
    if loss_count < cfg.loss_backoff_start {
        return 1.0;
    }
    python_min(
        cfg.backoff_max_multiplier,
        1.0 + cfg.backoff_factor * (loss_count - cfg.loss_backoff_start + 1) as f64,
    )
}

/// The price of a new entry of a trade. Reference: `entry_price`.
pub fn entry_price(state: &PairState, cfg: &EngineConfig, side: Side, trade_id: TradeId) -> f64 {
    let losses = if trade_id == TradeId::A { state.consecutive_losses_a } else { state.consecutive_losses_b };
    let pct = base_distance_pct(cfg, trade_id);
    let mult = entry_backoff_multiplier(losses, cfg);
    let market = state.market_price;
    let price = match side {
        Side::Buy => python_round(market * (1.0 - (pct * mult) / 100.0), cfg.price_decimals),
        Side::Sell => python_round(market * (1.0 + (pct * mult) / 100.0), cfg.price_decimals),
    };
    if price <= 0.0 {
        let p = pct / 100.0;
        return match side {
            Side::Buy => python_round(market * (1.0 - p), cfg.price_decimals),
            Side::Sell => python_round(market * (1.0 + p), cfg.price_decimals),
        };
    }
    price
}

/// The price of the exit after an entry was filled: the profit away from the fill, or the entry distance away from the market
/// if that is farther out. Reference: `exit_price`.
pub fn exit_price(state: &PairState, cfg: &EngineConfig, side: Side, fill_price: f64) -> f64 {
    let p = or_else(state.profit_pct_runtime, cfg.profit_pct) / 100.0;
    let e = cfg.entry_pct / 100.0;
    let wanted = match side {
        Side::Sell => python_max(fill_price * (1.0 + p), state.market_price * (1.0 + e)),
        Side::Buy => python_min(fill_price * (1.0 - p), state.market_price * (1.0 - e)),
    };
    python_round(wanted, cfg.price_decimals)
}

/// The volume in coins that a size in USD buys at a price, or none if the exchange would refuse the order. A size that is too
/// small is never raised to the exchange's minimum. Reference: `compute_order_volume`.
pub fn compute_order_volume(price: f64, cfg: &EngineConfig, order_size_usd: f64) -> Option<f64> {
    if price <= 0.0 || order_size_usd <= 0.0 {
        return None;
    }
    if cfg.min_cost_usd > 0.0 && order_size_usd < cfg.min_cost_usd {
        return None;
    }
    let raw = order_size_usd / price;
    if !raw.is_finite() {
        return None;
    }
    let volume =
        if cfg.volume_decimals <= 0 { round_whole(raw) } else { python_round(raw, cfg.volume_decimals) };
    if volume < cfg.min_volume {
        return None;
    }
    if cfg.min_cost_usd > 0.0 && volume * price < cfg.min_cost_usd {
        return None;
    }
    Some(volume)
}

/// The size of a trade's next entry, in USD. Reference: `size_for`.
pub fn size_for(trade_id: TradeId, order_size_usd: f64, order_sizes: Option<&OrderSizes>) -> f64 {
    let own = order_sizes.and_then(|sizes| if trade_id == TradeId::A { sizes.a } else { sizes.b });
    own.unwrap_or(order_size_usd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::default_config;

    #[test]
    fn a_size_too_small_is_not_raised() {
        let cfg = default_config();
        assert_eq!(compute_order_volume(0.1, &cfg, 2.0), Some(20.0));
        assert_eq!(compute_order_volume(0.2, &cfg, 2.0), None);
        assert_eq!(compute_order_volume(f64::INFINITY, &cfg, 2.0), None);
    }

    #[test]
    fn the_back_off_is_capped() {
        let cfg = default_config();
        assert_eq!([2, 3, 4, 100].map(|losses| entry_backoff_multiplier(losses, &cfg)), [1.0, 1.5, 2.0, 5.0]);
    }
}
