//! Forward-backward with scaling factors, hmmlearn's `implementation="scaling"`. Source: hmmlearn 0.3.3, `_hmmc`.

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::gaussian::log_densities;
use crate::math::statistics::Statistics;
use crate::parameters::{HmmError, Parameters, Precision};

const LEAST_SUM: f64 = 1e-300;
const STEPS_PER_EXP: usize = 10;

/// The scaled forward lattice of a sequence, with the densities and factors that the backward lattice needs.
pub struct Lattices {
    /// The log-likelihood of the sequence.
    pub log_likelihood: f64,
    densities: Vec<f64>,
    forward: Vec<f64>,
    factors: Vec<f64>,
}

/// The forward pass. Fails if a row's densities are too small for a double, or if the caller interrupts.
pub fn forward(p: &Parameters, x: &[f64], interrupt: &Interrupt<'_>) -> Result<Lattices, HmmError> {
    let k = p.k;
    let mut densities = log_densities(p, x, interrupt)?;
    for row in densities.chunks_exact_mut(k) {
        row.iter_mut().for_each(|b| *b = b.exp());
        interrupt.check(k * STEPS_PER_EXP)?;
    }
    let mut lattice = vec![0.0; densities.len()];
    let mut factors = Vec::with_capacity(densities.len() / k);
    let mut log_likelihood = 0.0;
    for (t, b) in densities.chunks_exact(k).enumerate() {
        let mut sum = 0.0;
        for j in 0..k {
            let reached = if t == 0 {
                p.startprob[j]
            } else {
                (0..k).map(|i| lattice[(t - 1) * k + i] * p.transmat[i * k + j]).sum()
            };
            lattice[t * k + j] = reached * b[j];
            sum += lattice[t * k + j];
        }
        if sum < LEAST_SUM {
            return Err(HmmError::Underflow);
        }
        let factor = 1.0 / sum;
        for value in &mut lattice[t * k..(t + 1) * k] {
            *value *= factor;
        }
        log_likelihood -= factor.ln();
        factors.push(factor);
        interrupt.check(k * k)?;
    }
    Ok(Lattices { log_likelihood, densities, forward: lattice, factors })
}

impl Lattices {
    fn backward(&self, p: &Parameters, interrupt: &Interrupt<'_>) -> Result<Vec<f64>, Interrupted> {
        let k = p.k;
        let n = self.factors.len();
        let mut lattice = vec![self.factors[n - 1]; n * k];
        for t in (0..n - 1).rev() {
            for i in 0..k {
                let mut sum = 0.0;
                for j in 0..k {
                    sum += p.transmat[i * k + j] * self.densities[(t + 1) * k + j] * lattice[(t + 1) * k + j];
                }
                lattice[t * k + i] = sum * self.factors[t];
            }
            interrupt.check(k * k)?;
        }
        Ok(lattice)
    }

    /// The posteriors, `k` per row. Fails if the caller interrupts.
    pub fn posteriors(&self, p: &Parameters, interrupt: &Interrupt<'_>) -> Result<Vec<f64>, Interrupted> {
        normalised(&self.forward, &self.backward(p, interrupt)?, p.k, interrupt)
    }
}

fn normalised(
    forward: &[f64],
    backward: &[f64],
    k: usize,
    interrupt: &Interrupt<'_>,
) -> Result<Vec<f64>, Interrupted> {
    let mut gamma: Vec<f64> = forward.iter().zip(backward).map(|(f, b)| f * b).collect();
    for row in gamma.chunks_exact_mut(k) {
        let sum: f64 = row.iter().sum();
        let total = if sum == 0.0 { 1.0 } else { sum };
        for value in row {
            *value /= total;
        }
        interrupt.check(2 * k)?;
    }
    Ok(gamma)
}

/// The E-step of one sequence, with squares of the data in a precision.
///
/// Fails if a row's densities are too small for a double, or if the caller interrupts.
pub fn e_step(
    p: &Parameters,
    x: &[f64],
    squares: Precision,
    interrupt: &Interrupt<'_>,
) -> Result<Statistics, HmmError> {
    let k = p.k;
    let lattices = forward(p, x, interrupt)?;
    let backward = lattices.backward(p, interrupt)?;
    let mut stats = Statistics::new(k, p.d);
    let gamma = normalised(&lattices.forward, &backward, k, interrupt)?;
    stats.add_posteriors(x, &gamma, lattices.log_likelihood, squares, interrupt)?;
    for t in 0..lattices.factors.len() - 1 {
        let next = (t + 1) * k;
        for i in 0..k {
            for j in 0..k {
                stats.trans[i * k + j] += lattices.forward[t * k + i]
                    * p.transmat[i * k + j]
                    * lattices.densities[next + j]
                    * backward[next + j];
            }
        }
        interrupt.check(k * k)?;
    }
    Ok(stats)
}
