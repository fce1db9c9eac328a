//! The moving averages of the features, one value at a time. Reference: `detector/features.py`.
//!
//! Multiplications and additions are in the reference's order, so that the features have the same bits.

/// An exponential moving average over a span: `alpha = 2 / (span + 1)`, starting at the first value.
#[derive(Clone, Copy, Debug)]
pub struct Ema {
    alpha: f64,
    rest: f64,
}

impl Ema {
    /// The average over `span` values.
    pub fn new(span: usize) -> Self {
        let alpha = 2.0 / (span as f64 + 1.0);
        Self { alpha, rest: 1.0 - alpha }
    }

    /// The average after the value `x`, from the average before it.
    #[inline(always)]
    pub fn next(self, before: f64, x: f64) -> f64 {
        self.alpha * x + self.rest * before
    }
}

/// Wilder's average: `(average * (period - 1) + x) / period`.
#[derive(Clone, Copy, Debug)]
pub struct Wilder {
    kept: f64,
    period: f64,
}

impl Wilder {
    /// The average over `period` values.
    pub fn new(period: usize) -> Self {
        Self { kept: period as f64 - 1.0, period: period as f64 }
    }

    /// The average after the value `x`, from the average before it.
    #[inline(always)]
    pub fn next(self, before: f64, x: f64) -> f64 {
        (before * self.kept + x) / self.period
    }
}

/// The divisor, or 1e-10 if it is exactly zero.
#[inline(always)]
pub fn nonzero(x: f64) -> f64 {
    if x == 0.0 {
        1e-10
    } else {
        x
    }
}
