//! Forward-backward with scaling factors, hmmlearn's `implementation="scaling"`. Source: hmmlearn 0.3.3, `_hmmc`.

use crate::math::gaussian::log_densities;
use crate::math::statistics::{Squares, Statistics};
use crate::parameters::{HmmError, Parameters};

const LEAST_SUM: f64 = 1e-300;

/// The scaled forward lattice of a sequence, with the densities and factors that the backward lattice needs.
pub struct Lattices {
    /// The log-likelihood of the sequence.
    pub log_likelihood: f64,
    densities: Vec<f64>,
    forward: Vec<f64>,
    factors: Vec<f64>,
}

/// The forward pass. Fails if a row's densities are too small for a double.
pub fn forward(p: &Parameters, x: &[f64]) -> Result<Lattices, HmmError> {
    let k = p.k;
    let densities: Vec<f64> = log_densities(p, x).iter().map(|b| b.exp()).collect();
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
    }
    Ok(Lattices { log_likelihood, densities, forward: lattice, factors })
}

impl Lattices {
    fn backward(&self, p: &Parameters) -> Vec<f64> {
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
        }
        lattice
    }

    /// The posteriors, `k` per row.
    pub fn posteriors(&self, p: &Parameters) -> Vec<f64> {
        normalised(&self.forward, &self.backward(p), p.k)
    }
}

fn normalised(forward: &[f64], backward: &[f64], k: usize) -> Vec<f64> {
    let mut gamma: Vec<f64> = forward.iter().zip(backward).map(|(f, b)| f * b).collect();
    for row in gamma.chunks_exact_mut(k) {
        let sum: f64 = row.iter().sum();
        let total = if sum == 0.0 { 1.0 } else { sum };
        for value in row {
            *value /= total;
        }
    }
    gamma
}

/// The E-step of one sequence. Fails if a row's densities are too small for a double.
pub fn e_step(p: &Parameters, x: &[f64], squares: Squares) -> Result<Statistics, HmmError> {
    let k = p.k;
    let lattices = forward(p, x)?;
    let backward = lattices.backward(p);
    let mut stats = Statistics::new(k, p.d);
    stats.add_posteriors(x, &normalised(&lattices.forward, &backward, k), lattices.log_likelihood, squares);
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
    }
    Ok(stats)
}
