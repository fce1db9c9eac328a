//! The sufficient statistics that an E-step computes for the M-step.

use crate::interrupt::{Interrupt, Interrupted};
use crate::parameters::Precision;

/// The sufficient statistics of one E-step, summed over all sequences.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The log-likelihood of the data.
    pub log_likelihood: f64,
    /// Expected starts per state.
    pub start: Vec<f64>,
    /// Expected transitions, row by row.
    pub trans: Vec<f64>,
    /// Expected visits per state.
    pub post: Vec<f64>,
    /// Posterior-weighted sums of the features, state by state.
    pub obs: Vec<f64>,
    /// Posterior-weighted sums of the features' squares, state by state.
    pub obs2: Vec<f64>,
}

impl Statistics {
    /// The statistics of no data.
    pub fn new(k: usize, d: usize) -> Self {
        Self {
            log_likelihood: 0.0,
            start: vec![0.0; k],
            trans: vec![0.0; k * k],
            post: vec![0.0; k],
            obs: vec![0.0; k * d],
            obs2: vec![0.0; k * d],
        }
    }

    /// Add one sequence's posteriors, `k` per row, and its log-likelihood. Fails if the caller interrupts.
    ///
    /// `squares` is the precision of the squares of the data: hmmlearn squares float32 data in float32.
    pub fn add_posteriors(
        &mut self,
        x: &[f64],
        posteriors: &[f64],
        log_likelihood: f64,
        squares: Precision,
        interrupt: &Interrupt<'_>,
    ) -> Result<(), Interrupted> {
        let k = self.post.len();
        let d = self.obs.len() / k;
        self.log_likelihood += log_likelihood;
        for (start, p) in self.start.iter_mut().zip(posteriors) {
            *start += p;
        }
        for (row, gamma) in x.chunks_exact(d).zip(posteriors.chunks_exact(k)) {
            for (j, p) in gamma.iter().enumerate() {
                self.post[j] += p;
                for (i, value) in row.iter().enumerate() {
                    self.obs[j * d + i] += p * value;
                    self.obs2[j * d + i] += p * square(*value, squares);
                }
            }
            interrupt.check(k * d)?;
        }
        Ok(())
    }

    /// Add another sequence's statistics.
    pub fn add(&mut self, other: &Self) {
        self.log_likelihood += other.log_likelihood;
        for (own, others) in [
            (&mut self.start, &other.start),
            (&mut self.trans, &other.trans),
            (&mut self.post, &other.post),
            (&mut self.obs, &other.obs),
            (&mut self.obs2, &other.obs2),
        ] {
            for (sum, value) in own.iter_mut().zip(others) {
                *sum += value;
            }
        }
    }
}

/// The square of a number; in single precision if the number is a float32.
pub fn square(x: f64, precision: Precision) -> f64 {
    match precision {
        Precision::Double => x * x,
        Precision::Single => f64::from(x as f32 * x as f32),
    }
}
