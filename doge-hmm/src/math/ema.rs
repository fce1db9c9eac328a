//! The moving averages of the features, one value at a time. Reference: `detector/features.py`.
//!
//! Multiplications and additions stand in the reference's order, so that features are bit for bit its own.

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

    /// The average after `x`, when it was `before`.
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

    /// The average after `x`, when it was `before`.
    #[inline(always)]
    pub fn next(self, before: f64, x: f64) -> f64 {
        (before * self.kept + x) / self.period
    }
}

/// A divisor that is exactly zero becomes 1e-10.
#[inline(always)]
pub fn nonzero(x: f64) -> f64 {
    if x == 0.0 {
        1e-10
    } else {
        x
    }
}
