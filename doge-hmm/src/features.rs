//! The four features of a candle. Reference: `detector/features.py`, bit for bit.

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::ema::{nonzero, Ema, Wilder};

const CANDLES_PER_CHECK: usize = 1 << 16;
const STEPS_PER_CANDLE: usize = 15;

/// Features per row: `macd_hist_slope`, `ema_spread_pct`, `rsi_zone`, `volume_ratio`.
pub const N_FEATURES: usize = 4;

/// The column of the feature that decides the regime of a state.
pub const EMA_SPREAD: usize = 1;

/// Periods in candles, each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Periods {
    /// The period of the fast average of the EMA spread.
    pub fast_ema_periods: usize,
    /// The period of the slow average of the EMA spread.
    pub slow_ema_periods: usize,
    /// The period of the fast average of the MACD.
    pub macd_fast: usize,
    /// The period of the slow average of the MACD.
    pub macd_slow: usize,
    /// The period of the MACD's signal line.
    pub macd_signal: usize,
    /// The period of Wilder's averages of gains and losses.
    pub rsi_period: usize,
    /// The period of the average volume.
    pub volume_avg_period: usize,
}

impl Default for Periods {
    fn default() -> Self {
        Self {
            fast_ema_periods: 9,
            slow_ema_periods: 21,
            macd_fast: 12,
            macd_slow: 26,
            macd_signal: 9,
            rsi_period: 14,
            volume_avg_period: 20,
        }
    }
}

// All averages after one candle.
struct Averages {
    fast: f64,
    slow: f64,
    macd_fast: f64,
    macd_slow: f64,
    signal: f64,
    histogram: f64,
    slope: f64,
    volume: f64,
}

struct Smoothing {
    fast: Ema,
    slow: Ema,
    macd_fast: Ema,
    macd_slow: Ema,
    signal: Ema,
    volume: Ema,
    wilder: Wilder,
}

impl Periods {
    fn smoothing(&self) -> Smoothing {
        Smoothing {
            fast: Ema::new(self.fast_ema_periods),
            slow: Ema::new(self.slow_ema_periods),
            macd_fast: Ema::new(self.macd_fast),
            macd_slow: Ema::new(self.macd_slow),
            signal: Ema::new(self.macd_signal),
            volume: Ema::new(self.volume_avg_period),
            wilder: Wilder::new(self.rsi_period),
        }
    }

    /// The four features of each candle for which all of them exist and are finite, row by row, oldest first.
    ///
    /// The first `rsi_period` candles have no row. Both series must have the same length. Fails only if the caller interrupts.
    pub fn extract(
        &self,
        closes: &[f64],
        volumes: &[f64],
        interrupt: &Interrupt<'_>,
    ) -> Result<Vec<f64>, Interrupted> {
        let n = closes.len();
        let period = self.rsi_period;
        if n <= period {
            return Ok(Vec::new());
        }
        let smoothing = self.smoothing();
        let mut averages = Averages::first(closes[0], volumes[0]);
        for t in 1..period {
            averages.advance(&smoothing, closes[t], volumes[t]);
        }
        let (mut gain, mut loss) = first_wilder(closes, period);
        let mut rows = Vec::with_capacity((n - period) * N_FEATURES);
        for t in period..n {
            averages.advance(&smoothing, closes[t], volumes[t]);
            if t > period {
                let (up, down) = gain_and_loss(closes[t - 1], closes[t]);
                gain = smoothing.wilder.next(gain, up);
                loss = smoothing.wilder.next(loss, down);
            }
            let row = [
                averages.slope,
                (averages.fast - averages.slow) / nonzero(averages.slow),
                (strength_index(gain, loss) - 50.0) / 50.0,
                volumes[t] / nonzero(averages.volume),
            ];
            if row.iter().all(|feature| feature.is_finite()) {
                rows.extend_from_slice(&row);
            }
            if t % CANDLES_PER_CHECK == 0 {
                interrupt.check(CANDLES_PER_CHECK * STEPS_PER_CANDLE)?;
            }
        }
        Ok(rows)
    }
}

impl Averages {
    fn first(close: f64, volume: f64) -> Self {
        let (macd_fast, macd_slow) = (close, close);
        let macd = macd_fast - macd_slow;
        let signal = macd;
        Self {
            fast: close,
            slow: close,
            macd_fast,
            macd_slow,
            signal,
            histogram: macd - signal,
            slope: 0.0,
            volume,
        }
    }

    #[inline(always)]
    fn advance(&mut self, by: &Smoothing, close: f64, volume: f64) {
        self.fast = by.fast.next(self.fast, close);
        self.slow = by.slow.next(self.slow, close);
        self.macd_fast = by.macd_fast.next(self.macd_fast, close);
        self.macd_slow = by.macd_slow.next(self.macd_slow, close);
        let macd = self.macd_fast - self.macd_slow;
        self.signal = by.signal.next(self.signal, macd);
        let histogram = macd - self.signal;
        self.slope = histogram - self.histogram;
        self.histogram = histogram;
        self.volume = by.volume.next(self.volume, volume);
    }
}

#[inline(always)]
fn gain_and_loss(before: f64, now: f64) -> (f64, f64) {
    let change = now - before;
    (if change > 0.0 { change } else { 0.0 }, if change < 0.0 { -change } else { 0.0 })
}

// Plain means of the first `period` gains and losses.
fn first_wilder(closes: &[f64], period: usize) -> (f64, f64) {
    let (mut gains, mut losses) = (0.0, 0.0);
    for t in 1..=period {
        let (up, down) = gain_and_loss(closes[t - 1], closes[t]);
        gains += up;
        losses += down;
    }
    (gains / period as f64, losses / period as f64)
}

#[inline(always)]
fn strength_index(gain: f64, loss: f64) -> f64 {
    let relative_strength = gain / nonzero(loss);
    100.0 - 100.0 / (1.0 + relative_strength)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extracted(closes: &[f64], volumes: &[f64]) -> Vec<f64> {
        Periods::default().extract(closes, volumes, &Interrupt::never()).unwrap()
    }

    #[test]
    fn too_few_candles_have_no_rows() {
        assert!(extracted(&[1.0; 14], &[1.0; 14]).is_empty());
        assert!(extracted(&[], &[]).is_empty());
        assert_eq!(extracted(&[1.0; 15], &[1.0; 15]).len(), N_FEATURES);
    }

    #[test]
    fn a_flat_market_is_oversold() {
        let rows = extracted(&[2.0; 20], &[3.0; 20]);
        for row in rows.chunks_exact(N_FEATURES) {
            assert_eq!(row, [0.0, 0.0, -1.0, 1.0]);
        }
    }

    #[test]
    fn what_is_not_finite_drops_every_later_row() {
        let mut closes: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 5)).collect();
        closes[30] = f64::NAN;
        assert_eq!(extracted(&closes, &[1.0; 40]).len(), (30 - 14) * N_FEATURES);
    }
}
