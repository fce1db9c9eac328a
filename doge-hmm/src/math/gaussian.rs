//! Gaussian densities with a diagonal covariance. Source: hmmlearn 0.3.3, `stats.py`.

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::statistics::square;
use crate::parameters::{Parameters, Precision};

const STEPS_PER_DIVISION: usize = 4;

/// `ln 2 pi`.
pub const LN_2_PI: f64 = 1.837_877_066_409_345_3;

/// The logarithm of every row's density in every state, `k` per row. Fails if the caller interrupts.
///
/// Source: `_log_multivariate_normal_density_diag`.
pub fn log_densities(p: &Parameters, x: &[f64], interrupt: &Interrupt<'_>) -> Result<Vec<f64>, Interrupted> {
    let constants = log_constants(p);
    let mut lattice = Vec::with_capacity(x.len() / p.d * p.k);
    for row in x.chunks_exact(p.d) {
        for (j, constant) in constants.iter().enumerate() {
            lattice.push(-0.5 * (constant + distance(p, j, row)));
        }
        interrupt.check(p.k * p.d * STEPS_PER_DIVISION)?;
    }
    Ok(lattice)
}

/// The part of each state's log-density that is the same for every row: `D ln 2 pi + sum ln v`.
pub fn log_constants(p: &Parameters) -> Vec<f64> {
    p.covars
        .chunks_exact(p.d)
        .map(|variances| {
            let logs: f64 = variances.iter().map(|&v| at_least_tiny(v).ln()).sum();
            p.d as f64 * LN_2_PI + logs
        })
        .collect()
}

// The squared distance of a row from a state's means, in units of the state's standard deviations.
fn distance(p: &Parameters, j: usize, row: &[f64]) -> f64 {
    let means = &p.means[j * p.d..(j + 1) * p.d];
    let variances = &p.covars[j * p.d..(j + 1) * p.d];
    let mut sum = 0.0;
    for ((x, mean), v) in row.iter().zip(means).zip(variances) {
        sum += square(difference(*x, *mean, p.differences), p.differences) / at_least_tiny(*v);
    }
    sum
}

fn difference(x: f64, mean: f64, precision: Precision) -> f64 {
    match precision {
        Precision::Double => x - mean,
        Precision::Single => f64::from(x as f32 - mean as f32),
    }
}

/// At least the smallest normal double, because a variance of 0 would lead to 0 ln 0. NaN stays NaN.
pub fn at_least_tiny(v: f64) -> f64 {
    if v < f64::MIN_POSITIVE {
        f64::MIN_POSITIVE
    } else {
        v
    }
}
