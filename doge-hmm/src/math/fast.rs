//! The E-step for three states and four features, the detector's shape, many times faster than in `log_space`.
//!
//! DIFFERENCE: hmmlearn computes with logarithms. Here densities are relative to each row's highest, whose logarithm is added
//! to the log-likelihood, and rows are scaled; the results agree within rounding. If a sum leaves the range of a double, or a
//! probability that could matter is near the lower end of that range, there is no result, and the caller uses `log_space`.

use crate::math::exp::exp_of_negative;
use crate::math::gaussian::{at_least_tiny, log_constants};
use crate::math::simd::vectorised;
use crate::math::statistics::Statistics;
use crate::parameters::Parameters;

const K: usize = 3;
const D: usize = 4;
const LEAST_SUM: f64 = 1e-300;
// Division takes longer than the rest of a forward step, so only some rows are scaled, and those with a sum below SMALL_SUM.
const SCALED_EVERY: usize = 8;
const SMALL_SUM: f64 = 1e-60;
// Smaller values may have lost terms to underflow that logarithms keep.
const LEAST_EXPECTED: f64 = 1e-290;

/// True if a model has three states and four features.
pub fn fits(p: &Parameters) -> bool {
    (p.k, p.d) == (K, D)
}

/// One sequence with buffers for its lattices, allocated once for all rounds of a fit.
pub struct Workspace<'a> {
    rows: &'a [f64],
    columns: [Vec<f64>; D],
    densities: [Vec<f64>; K],
    highest: Vec<f64>,
    forward: Vec<[f64; K]>,
}

impl<'a> Workspace<'a> {
    /// A workspace for rows of four features.
    pub fn new(rows: &'a [f64]) -> Self {
        let n = rows.len() / D;
        let column = |i: usize| rows.iter().skip(i).step_by(D).copied().collect();
        Self {
            rows,
            columns: [column(0), column(1), column(2), column(3)],
            densities: std::array::from_fn(|_| vec![0.0; n]),
            highest: vec![0.0; n],
            forward: vec![[0.0; K]; n],
        }
    }

    /// The statistics of the sequence, or None if they need logarithms.
    pub fn e_step(&mut self, p: &Parameters) -> Option<Statistics> {
        let constants = log_constants(p);
        both_ways(self, p, &constants)
    }

    /// The state probabilities at the last row, or None if they need logarithms.
    pub fn last_posterior(&mut self, p: &Parameters) -> Option<[f64; K]> {
        let last = forward_only(self, p, &log_constants(p))?;
        let factor = 1.0 / (last[0] + last[1] + last[2]);
        Some(last.map(|value| value * factor))
    }

    // Compute log-densities by column, then densities relative to each row's highest.
    #[inline(always)]
    fn fill_densities(&mut self, p: &Parameters, constants: &[f64]) {
        for (j, lattice) in self.densities.iter_mut().enumerate() {
            let mean: [f64; D] = std::array::from_fn(|i| p.means[j * D + i]);
            let weight: [f64; D] = std::array::from_fn(|i| -0.5 / at_least_tiny(p.covars[j * D + i]));
            let constant = -0.5 * constants[j];
            let [c0, c1, c2, c3] = &self.columns;
            for ((((value, x0), x1), x2), x3) in lattice.iter_mut().zip(c0).zip(c1).zip(c2).zip(c3) {
                let (z0, z1, z2, z3) = (x0 - mean[0], x1 - mean[1], x2 - mean[2], x3 - mean[3]);
                let near = z0 * z0 * weight[0] + z1 * z1 * weight[1];
                let far = z2 * z2 * weight[2] + z3 * z3 * weight[3];
                *value = constant + (near + far);
            }
        }
        let [b0, b1, b2] = &mut self.densities;
        for (((b0, b1), b2), highest) in b0.iter_mut().zip(b1).zip(b2).zip(&mut self.highest) {
            let mut top = *b0;
            top = if top < *b1 { *b1 } else { top };
            top = if top < *b2 { *b2 } else { top };
            *highest = top;
            *b0 = exp_of_negative(*b0 - top);
            *b1 = exp_of_negative(*b1 - top);
            *b2 = exp_of_negative(*b2 - top);
        }
    }

    #[inline(always)]
    fn density(&self, t: usize) -> [f64; K] {
        [self.densities[0][t], self.densities[1][t], self.densities[2][t]]
    }

    // Fill the forward lattice, and return the log-likelihood and the sum of the last row. A row's scaling factor is multiplied
    // into its densities, so that the backward pass uses the same factors.
    #[inline(always)]
    fn run_forward(&mut self, p: &Parameters, trans: &[[f64; K]; K]) -> Option<(f64, f64)> {
        let n = self.forward.len();
        let b = self.density(0);
        let mut a: [f64; K] = std::array::from_fn(|j| p.startprob[j] * b[j]);
        self.forward[0] = a;
        let mut logarithm = 0.0;
        for t in 1..n {
            let mut b = self.density(t);
            let sum = a[0] + a[1] + a[2];
            if t % SCALED_EVERY == 0 || sum < SMALL_SUM {
                scalable(sum)?;
                logarithm += sum.ln();
                for (j, density) in b.iter_mut().enumerate() {
                    *density *= 1.0 / sum;
                    self.densities[j][t] = *density;
                }
            }
            a = std::array::from_fn(|j| {
                (a[0] * trans[0][j] + a[1] * trans[1][j] + a[2] * trans[2][j]) * b[j]
            });
            self.forward[t] = a;
        }
        let last = a[0] + a[1] + a[2];
        scalable(last)?;
        Some((logarithm + last.ln() + self.highest.iter().sum::<f64>(), last))
    }

    // Run the backward pass and add up posteriors and transitions. Forward times backward sums to 1 in every row, because the
    // backward pass starts at one over the sum of the last row.
    #[inline(always)]
    fn run_backward(
        &self,
        p: &Parameters,
        trans: &[[f64; K]; K],
        log_likelihood: f64,
        last: f64,
    ) -> Option<Statistics> {
        let n = self.forward.len();
        let mut sums = Sums::default();
        let mut beta = [1.0 / last; K];
        let mut xi = [[0.0; K]; K];
        sums.add(std::array::from_fn(|j| self.forward[n - 1][j] * beta[j]), self.row(n - 1));
        for t in (0..n - 1).rev() {
            let b = self.density(t + 1);
            let a = self.forward[t];
            let w: [f64; K] = std::array::from_fn(|j| b[j] * beta[j]);
            beta = std::array::from_fn(|i| trans[i][0] * w[0] + trans[i][1] * w[1] + trans[i][2] * w[2]);
            for i in 0..K {
                for j in 0..K {
                    xi[i][j] += a[i] * w[j];
                }
            }
            sums.add(std::array::from_fn(|i| a[i] * beta[i]), self.row(t));
        }
        let b = self.density(0);
        let odds = std::array::from_fn(|j| b[j] * beta[j]);
        sums.into_statistics(p, Odds { start: odds, trans: xi }, log_likelihood)
    }

    #[inline(always)]
    fn row(&self, t: usize) -> [f64; D] {
        let row = &self.rows[t * D..t * D + D];
        [row[0], row[1], row[2], row[3]]
    }
}

#[inline(always)]
fn transitions(p: &Parameters) -> [[f64; K]; K] {
    let mut trans = [[0.0; K]; K];
    for i in 0..K {
        for j in 0..K {
            // Smaller probabilities lead to subnormal products, a hundred times as slow, and matter only if all others are 0.
            let probability = p.transmat[i * K + j];
            trans[i][j] = if probability < LEAST_EXPECTED { 0.0 } else { probability };
        }
    }
    trans
}

vectorised! {
    fn forward_only(space: &mut Workspace<'_>, p: &Parameters, constants: &[f64]) -> Option<[f64; K]> {
        space.fill_densities(p, constants);
        space.run_forward(p, &transitions(p))?;
        space.forward.last().copied()
    }
}

vectorised! {
    fn both_ways(space: &mut Workspace<'_>, p: &Parameters, constants: &[f64]) -> Option<Statistics> {
        space.fill_densities(p, constants);
        let trans = transitions(p);
        let (log_likelihood, last) = space.run_forward(p, &trans)?;
        space.run_backward(p, &trans, log_likelihood, last)
    }
}

// Some if a row's sum is finite and not too small to scale by.
#[inline(always)]
fn scalable(sum: f64) -> Option<()> {
    (LEAST_SUM..=f64::MAX).contains(&sum).then_some(())
}

#[derive(Default)]
struct Sums {
    post: [f64; K],
    obs: [[f64; D]; K],
    obs2: [[f64; D]; K],
}

impl Sums {
    #[inline(always)]
    fn add(&mut self, gamma: [f64; K], x: [f64; D]) {
        let squares: [f64; D] = std::array::from_fn(|i| x[i] * x[i]);
        for j in 0..K {
            self.post[j] += gamma[j];
            for i in 0..D {
                self.obs[j][i] += gamma[j] * x[i];
                self.obs2[j][i] += gamma[j] * squares[i];
            }
        }
    }

    // None if a sum is not finite, or if the expected count of something that the model allows is nearly 0.
    fn into_statistics(self, p: &Parameters, odds: Odds, log_likelihood: f64) -> Option<Statistics> {
        let trans = odds.trans.concat();
        let transitions = self.post.iter().sum::<f64>() > 1.5;
        let known = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let reliable = log_likelihood.is_finite()
            && known(&self.obs.concat())
            && known(&self.obs2.concat())
            && self.post.iter().all(|&expected| expected > LEAST_EXPECTED && expected.is_finite())
            && odds_are_known(&odds.start, &p.startprob)
            && (!transitions || odds_are_known(&trans, &p.transmat));
        reliable.then(|| Statistics {
            log_likelihood,
            start: expected(&odds.start, &p.startprob),
            trans: expected(&trans, &p.transmat),
            post: self.post.to_vec(),
            obs: self.obs.concat(),
            obs2: self.obs2.concat(),
        })
    }
}

// The factors by which the data turn start and transition probabilities into expected counts. The factors are checked before
// the multiplication: a probability that dies out passes through the smallest doubles, where only the product may be inexact,
// as hmmlearn's exponential is.
struct Odds {
    start: [f64; K],
    trans: [[f64; K]; K],
}

fn odds_are_known(odds: &[f64], allowed: &[f64]) -> bool {
    odds.iter().zip(allowed).all(|(&o, &a)| o.is_finite() && (o > LEAST_EXPECTED || a == 0.0))
}

fn expected(odds: &[f64], allowed: &[f64]) -> Vec<f64> {
    odds.iter().zip(allowed).map(|(o, a)| o * a).collect()
}

#[cfg(test)]
mod tests;
