//! The E-step for three states and four features, the detector's shape, many times faster than in `log_space`.
//!
//! DIFFERENCE: hmmlearn computes with logarithms. Here densities are relative to each row's highest, whose logarithm is added
//! to the log-likelihood, and rows are scaled; the results agree within rounding. If a sum leaves the range of a double, or a
//! probability that could matter is near the lower end of that range, there is no result, and the caller uses `log_space`. A
//! state whose value nearly vanishes may be the only likely one again some rows later: then `wide` tells if anything was lost.

use std::ops::Range;

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::gaussian::log_constants;
use crate::math::simd::vectorised;
use crate::math::statistics::Statistics;
use crate::parameters::{Parameters, Precision};
use reach::Reach;
use sums::{Odds, Sums};

mod densities;
mod reach;
mod sums;
mod wide;

const K: usize = 3;
const D: usize = 4;
const LEAST_SUM: f64 = 1e-300;
// Division takes longer than the rest of a forward step, so only some rows are scaled, and those with a sum below SMALL_SUM.
const SCALED_EVERY: usize = 8;
const SMALL_SUM: f64 = 1e-60;
// Smaller values may have lost terms to underflow that logarithms keep.
const LEAST_EXPECTED: f64 = 1e-290;
// Paths that were lost to underflow may have such a share of the likelihood, beside rounding, which grows with it.
const LOST_MAX: f64 = 1e-9;
const ROUNDING: f64 = 1e-12;
const ROWS_PER_CHECK: usize = 1 << 16;
const STEPS_PER_ROW: usize = 20;

/// True if a model has three states and four features, and nothing about it is float32.
pub fn fits(p: &Parameters) -> bool {
    (p.k, p.d, p.differences) == (K, D, Precision::Double)
}

// The reasons why there is no result.
enum Unable {
    NeedsLogarithms,
    Interrupted,
}

impl From<Interrupted> for Unable {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

fn unless_interrupted<T>(result: Result<T, Unable>) -> Result<Option<T>, Interrupted> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Unable::NeedsLogarithms) => Ok(None),
        Err(Unable::Interrupted) => Err(Interrupted),
    }
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

    /// The statistics of the sequence, or None if they need logarithms. Fails if the caller interrupts.
    pub fn e_step(
        &mut self,
        p: &Parameters,
        interrupt: &Interrupt<'_>,
    ) -> Result<Option<Statistics>, Interrupted> {
        let constants = log_constants(p);
        let Some(found) = unless_interrupted(both_ways(self, p, &constants, interrupt))? else {
            return Ok(None);
        };
        let (statistics, ran) = found;
        let sound = !ran.doubtful || self.kept_all(p, &constants, &ran, interrupt)?;
        Ok(sound.then_some(statistics))
    }

    // True if nothing that matters was lost to underflow: paths through a state that was lost are missing from the likelihood,
    // and their share of it is their share of any posterior.
    fn kept_all(
        &self,
        p: &Parameters,
        constants: &[f64],
        ran: &Forward,
        interrupt: &Interrupt<'_>,
    ) -> Result<bool, Interrupted> {
        let lost = (self.rest_of_likelihood(p, constants, interrupt)? - ran.last.ln()).abs();
        Ok(lost <= LOST_MAX + ROUNDING * ran.log_likelihood.abs())
    }

    /// The state probabilities at the last row, or None if they need logarithms. Fails if the caller interrupts.
    pub fn last_posterior(
        &mut self,
        p: &Parameters,
        interrupt: &Interrupt<'_>,
    ) -> Result<Option<[f64; K]>, Interrupted> {
        let constants = log_constants(p);
        let Some(found) = unless_interrupted(forward_only(self, p, &constants, interrupt))? else {
            return Ok(None);
        };
        let (last, ran) = found;
        let sound = !ran.doubtful || self.kept_all(p, &constants, &ran, interrupt)?;
        // Divided, not multiplied by a reciprocal: a state that is certain has exactly 1, which a threshold of 1 asks for.
        Ok(sound.then(|| last.map(|value| value / ran.last)))
    }

    #[inline(always)]
    fn density(&self, t: usize) -> [f64; K] {
        [self.densities[0][t], self.densities[1][t], self.densities[2][t]]
    }

    // Fill the forward lattice. A row's scaling factor is multiplied
    // into its densities, so that the backward pass uses the same factors.
    #[inline(always)]
    fn run_forward(
        &mut self,
        p: &Parameters,
        trans: &[[f64; K]; K],
        interrupt: &Interrupt<'_>,
    ) -> Result<Forward, Unable> {
        let n = self.forward.len();
        let b = self.density(0);
        let mut a: [f64; K] = std::array::from_fn(|j| p.startprob[j] * b[j]);
        self.forward[0] = a;
        let mut reach = Reach::new(p);
        let mut least = reach.least(a);
        let mut logarithm = 0.0;
        for rows in chunks(1..n) {
            for t in rows.clone() {
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
                if !reach.settled {
                    reach.step(p);
                }
                least = least.min(reach.least(a));
            }
            interrupt.check(rows.len() * STEPS_PER_ROW)?;
        }
        let last = a[0] + a[1] + a[2];
        scalable(last)?;
        let log_likelihood = logarithm + last.ln() + self.highest.iter().sum::<f64>();
        Ok(Forward { log_likelihood, last, doubtful: least < LEAST_EXPECTED })
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
        interrupt: &Interrupt<'_>,
    ) -> Result<Statistics, Unable> {
        let n = self.forward.len();
        let mut state = Backward { sums: Sums::default(), beta: [1.0 / last; K], xi: [[0.0; K]; K] };
        let posterior = std::array::from_fn(|j| self.forward[n - 1][j] * state.beta[j]);
        state.sums.add(posterior, self.row(n - 1));
        for rows in chunks(0..n - 1).rev() {
            let steps = rows.len() * STEPS_PER_ROW;
            state = go_back(self, rows, trans, state);
            interrupt.check(steps)?;
        }
        let b = self.density(0);
        let odds = std::array::from_fn(|j| b[j] * state.beta[j]);
        state
            .sums
            .into_statistics(p, Odds { start: odds, trans: state.xi }, log_likelihood)
            .ok_or(Unable::NeedsLogarithms)
    }

    #[inline(always)]
    fn row(&self, t: usize) -> [f64; D] {
        let row = &self.rows[t * D..t * D + D];
        [row[0], row[1], row[2], row[3]]
    }
}

// What the forward pass tells beside its lattice: the sum of its last row, and whether a state's value was lost to underflow.
struct Forward {
    log_likelihood: f64,
    last: f64,
    doubtful: bool,
}

// The backward pass after some rows.
struct Backward {
    sums: Sums,
    beta: [f64; K],
    xi: [[f64; K]; K],
}

vectorised! {
    // Continue the backward pass over some rows. A function of its own, so that nothing but its loop is in registers.
    fn go_back(space: &Workspace<'_>, rows: Range<usize>, trans: &[[f64; K]; K], state: Backward) -> Backward {
        let Backward { mut sums, mut beta, mut xi } = state;
        for t in rows.rev() {
            let b = space.density(t + 1);
            let a = space.forward[t];
            let w: [f64; K] = std::array::from_fn(|j| b[j] * beta[j]);
            beta = std::array::from_fn(|i| trans[i][0] * w[0] + trans[i][1] * w[1] + trans[i][2] * w[2]);
            for i in 0..K {
                for j in 0..K {
                    xi[i][j] += a[i] * w[j];
                }
            }
            sums.add(std::array::from_fn(|i| a[i] * beta[i]), space.row(t));
        }
        Backward { sums, beta, xi }
    }
}

// The rows between two checks for an interruption.
#[inline(always)]
fn chunks(rows: Range<usize>) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(ROWS_PER_CHECK).map(move |start| start..end.min(start + ROWS_PER_CHECK))
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
    fn forward_only(
        space: &mut Workspace<'_>, p: &Parameters, constants: &[f64], interrupt: &Interrupt<'_>,
    ) -> Result<([f64; K], Forward), Unable> {
        space.fill_densities(p, constants, interrupt)?;
        let ran = space.run_forward(p, &transitions(p), interrupt)?;
        Ok((space.forward[space.forward.len() - 1], ran))
    }
}

vectorised! {
    fn both_ways(
        space: &mut Workspace<'_>, p: &Parameters, constants: &[f64], interrupt: &Interrupt<'_>,
    ) -> Result<(Statistics, Forward), Unable> {
        space.fill_densities(p, constants, interrupt)?;
        let trans = transitions(p);
        let ran = space.run_forward(p, &trans, interrupt)?;
        let statistics = space.run_backward(p, &trans, ran.log_likelihood, ran.last, interrupt)?;
        Ok((statistics, ran))
    }
}

// Fails unless a row's sum is finite and not too small to scale by.
#[inline(always)]
fn scalable(sum: f64) -> Result<(), Unable> {
    (LEAST_SUM..=f64::MAX).contains(&sum).then_some(()).ok_or(Unable::NeedsLogarithms)
}

#[cfg(test)]
mod tests;
