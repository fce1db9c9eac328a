//! Forward-backward with logarithms, hmmlearn's `implementation="log"`. Source: hmmlearn 0.3.3, `_hmmc`.
//!
//! Slow, but correct even if a probability leaves the range of a double. Used when `fast` has no result.

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::gaussian::log_densities;
use crate::math::statistics::Statistics;
use crate::parameters::{Parameters, Precision};

const STEPS_PER_EXP: usize = 10;

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

/// The log-likelihood and the forward lattice, `k` values per row. Fails if the caller interrupts.
pub fn forward(
    model: &LogModel,
    densities: &[f64],
    interrupt: &Interrupt<'_>,
) -> Result<(f64, Vec<f64>), Interrupted> {
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
        interrupt.check(k * k * STEPS_PER_EXP)?;
    }
    Ok((log_sum_exp(&lattice[lattice.len() - k..]), lattice))
}

/// The backward lattice, `k` values per row. Fails if the caller interrupts.
pub fn backward(
    model: &LogModel,
    densities: &[f64],
    interrupt: &Interrupt<'_>,
) -> Result<Vec<f64>, Interrupted> {
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
        interrupt.check(k * k * STEPS_PER_EXP)?;
    }
    Ok(lattice)
}

/// Posteriors from both lattices, normalised in each row. With a single state all are 1. Fails if the caller interrupts.
pub fn posteriors(
    forward: &[f64],
    backward: &[f64],
    k: usize,
    interrupt: &Interrupt<'_>,
) -> Result<Vec<f64>, Interrupted> {
    if k == 1 {
        return Ok(vec![1.0; forward.len()]);
    }
    let mut gamma: Vec<f64> = forward.iter().zip(backward).map(|(f, b)| f + b).collect();
    for row in gamma.chunks_exact_mut(k) {
        let total = log_sum_exp(row);
        for value in row {
            *value = (*value - total).exp();
        }
        interrupt.check(2 * k * STEPS_PER_EXP)?;
    }
    Ok(gamma)
}

/// The E-step of one sequence, with squares of the data in a precision. Fails if the caller interrupts.
pub fn e_step(
    p: &Parameters,
    x: &[f64],
    squares: Precision,
    interrupt: &Interrupt<'_>,
) -> Result<Statistics, Interrupted> {
    let densities = log_densities(p, x, interrupt)?;
    let model = LogModel::new(p);
    let (log_likelihood, alpha) = forward(&model, &densities, interrupt)?;
    let beta = backward(&model, &densities, interrupt)?;
    let mut stats = Statistics::new(p.k, p.d);
    let gamma = posteriors(&alpha, &beta, p.k, interrupt)?;
    stats.add_posteriors(x, &gamma, log_likelihood, squares, interrupt)?;
    let log_xi = log_xi_sum(&model, &densities, &alpha, &beta, log_likelihood, interrupt)?;
    for (sum, xi) in stats.trans.iter_mut().zip(log_xi) {
        *sum += xi.exp();
    }
    Ok(stats)
}

fn log_xi_sum(
    model: &LogModel,
    densities: &[f64],
    alpha: &[f64],
    beta: &[f64],
    total: f64,
    interrupt: &Interrupt<'_>,
) -> Result<Vec<f64>, Interrupted> {
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
        interrupt.check(2 * k * k * STEPS_PER_EXP)?;
    }
    Ok(sums)
}
