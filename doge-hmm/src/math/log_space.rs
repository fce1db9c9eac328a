//! Forward-backward with logarithms, hmmlearn's `implementation="log"`. Source: hmmlearn 0.3.3, `_hmmc`.
//!
//! Slow, but correct even if a probability leaves the range of a double. Used when `fast` has no result.

use crate::math::gaussian::log_densities;
use crate::math::statistics::{Squares, Statistics};
use crate::parameters::Parameters;

/// `ln(sum(exp(values)))`; an infinite maximum is returned unchanged.
pub fn log_sum_exp(values: &[f64]) -> f64 {
    let mut max = f64::NEG_INFINITY;
    for (i, &value) in values.iter().enumerate() {
        if i == 0 || max < value {
            max = value;
        }
    }
    if max.is_infinite() {
        return max;
    }
    let mut sum = 0.0;
    for value in values {
        sum += (value - max).exp();
    }
    sum.ln() + max
}

fn log_add_exp(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY {
        b
    } else if b == f64::NEG_INFINITY {
        a
    } else {
        let max = if a < b { b } else { a };
        max + (-(b - a).abs()).exp().ln_1p()
    }
}

/// The logarithms of a model's start and transition probabilities.
pub struct LogModel {
    /// One value per state.
    pub start: Vec<f64>,
    /// Row by row.
    pub trans: Vec<f64>,
}

impl LogModel {
    /// Take the logarithms; `ln 0` is minus infinity.
    pub fn new(p: &Parameters) -> Self {
        let log = |values: &[f64]| values.iter().map(|v| v.ln()).collect();
        Self { start: log(&p.startprob), trans: log(&p.transmat) }
    }
}

/// The log-likelihood and the forward lattice, `k` values per row.
pub fn forward(model: &LogModel, densities: &[f64]) -> (f64, Vec<f64>) {
    let k = model.start.len();
    let mut lattice: Vec<f64> = model.start.iter().zip(densities).map(|(s, b)| s + b).collect();
    lattice.reserve(densities.len() - k);
    let mut terms = vec![0.0; k];
    for (t, b) in densities.chunks_exact(k).enumerate().skip(1) {
        for (j, density) in b.iter().enumerate() {
            let before = &lattice[(t - 1) * k..t * k];
            for (i, term) in terms.iter_mut().enumerate() {
                *term = before[i] + model.trans[i * k + j];
            }
            let next = log_sum_exp(&terms) + density;
            lattice.push(next);
        }
    }
    (log_sum_exp(&lattice[lattice.len() - k..]), lattice)
}

/// The backward lattice, `k` values per row.
pub fn backward(model: &LogModel, densities: &[f64]) -> Vec<f64> {
    let k = model.start.len();
    let n = densities.len() / k;
    let mut lattice = vec![0.0; densities.len()];
    let mut terms = vec![0.0; k];
    for t in (0..n - 1).rev() {
        for i in 0..k {
            for (j, term) in terms.iter_mut().enumerate() {
                *term = model.trans[i * k + j] + densities[(t + 1) * k + j] + lattice[(t + 1) * k + j];
            }
            lattice[t * k + i] = log_sum_exp(&terms);
        }
    }
    lattice
}

/// Posteriors from both lattices, normalised in each row. With a single state all are 1.
pub fn posteriors(forward: &[f64], backward: &[f64], k: usize) -> Vec<f64> {
    if k == 1 {
        return vec![1.0; forward.len()];
    }
    let mut gamma: Vec<f64> = forward.iter().zip(backward).map(|(f, b)| f + b).collect();
    for row in gamma.chunks_exact_mut(k) {
        let total = log_sum_exp(row);
        for value in row {
            *value = (*value - total).exp();
        }
    }
    gamma
}

/// The E-step of one sequence.
pub fn e_step(p: &Parameters, x: &[f64], squares: Squares) -> Statistics {
    let densities = log_densities(p, x);
    let model = LogModel::new(p);
    let (log_likelihood, alpha) = forward(&model, &densities);
    let beta = backward(&model, &densities);
    let mut stats = Statistics::new(p.k, p.d);
    stats.add_posteriors(x, &posteriors(&alpha, &beta, p.k), log_likelihood, squares);
    let log_xi = log_xi_sum(&model, &densities, &alpha, &beta, log_likelihood);
    for (sum, xi) in stats.trans.iter_mut().zip(log_xi) {
        *sum += xi.exp();
    }
    stats
}

fn log_xi_sum(model: &LogModel, densities: &[f64], alpha: &[f64], beta: &[f64], total: f64) -> Vec<f64> {
    let k = model.start.len();
    let mut sums = vec![f64::NEG_INFINITY; k * k];
    for t in 0..densities.len() / k - 1 {
        let next = (t + 1) * k;
        for i in 0..k {
            for j in 0..k {
                let xi =
                    alpha[t * k + i] + model.trans[i * k + j] + densities[next + j] + beta[next + j] - total;
                sums[i * k + j] = log_add_exp(sums[i * k + j], xi);
            }
        }
    }
    sums
}
