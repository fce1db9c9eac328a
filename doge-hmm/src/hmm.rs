//! `GaussianHMM` with a diagonal covariance: initialisation, training and inference as hmmlearn does them.
//!
//! Source: hmmlearn 0.3.3, `hmm.py` and `base.py`.

use crate::interrupt::{Interrupt, Interrupted};
use crate::kmeans::k_means;
use crate::math::baum_welch::{self, History, Implementation, Rounds, Sequences};
use crate::math::filter::Filter;
use crate::math::gaussian::log_densities;
use crate::math::log_space::{self, LogModel};
use crate::math::scaling;
use crate::parameters::{HmmError, Parameters, Precision};
use crate::rng::RandomState;

/// The parameters that `fit` starts from, and the number of k-means clusters that have a row.
pub struct Start {
    /// The parameters before the first round.
    pub parameters: Parameters,
    /// The number of k-means clusters that have at least one row.
    pub distinct: usize,
}

/// Draw and compute the parameters before the first round, for `k` states and rows of `d` features.
///
/// Fails if there are fewer rows than states, or if the caller interrupts. Source: `_init` of `BaseHMM` and `GaussianHMM`.
pub fn initialise(
    x: &[f64],
    k: usize,
    d: usize,
    seed: u32,
    min_covar: f64,
    interrupt: &Interrupt<'_>,
) -> Result<Start, HmmError> {
    let mut rng = RandomState::new(seed);
    let startprob = rng.dirichlet(k);
    let transmat = (0..k).flat_map(|_| rng.dirichlet(k)).collect();
    // With an integer seed, k-means seeds a generator of its own.
    let mut rng = RandomState::new(seed);
    let clustering = k_means(x, d, k, || rng.uniform(), interrupt)?;
    let variances = sample_variances(x, d, min_covar);
    let (means, covars) = (clustering.centres, variances.repeat(k));
    let parameters = Parameters { k, d, startprob, transmat, means, covars, differences: Precision::Double };
    Ok(Start { parameters, distinct: clustering.distinct })
}

// The diagonal of numpy's `cov`, which divides by n - 1, plus `min_covar`.
fn sample_variances(x: &[f64], d: usize, min_covar: f64) -> Vec<f64> {
    let n = (x.len() / d) as f64;
    (0..d)
        .map(|i| {
            let column = || x.iter().skip(i).step_by(d);
            let mean = column().sum::<f64>() / n;
            column().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0) + min_covar
        })
        .collect()
}

impl Parameters {
    /// Run the rounds of EM on sequences of these lengths, whose rows follow one another in `x`. Source: `fit`.
    ///
    /// The history ends before the round that fails or is interrupted; the parameters are those of the last whole round.
    pub fn fit(
        &mut self,
        x: &[f64],
        lengths: &[usize],
        rounds: &Rounds,
        interrupt: &Interrupt<'_>,
    ) -> History {
        let mut sequences = Sequences::new(self, x, lengths, rounds.squares);
        baum_welch::fit(self, &mut sequences, rounds, interrupt)
    }

    /// The log-likelihood of one sequence and its posteriors, `k` per row. Source: `score_samples`.
    pub fn score_samples(
        &self,
        x: &[f64],
        how: Implementation,
        interrupt: &Interrupt<'_>,
    ) -> Result<(f64, Vec<f64>), HmmError> {
        match how {
            Implementation::Scaling => {
                let lattices = scaling::forward(self, x, interrupt)?;
                Ok((lattices.log_likelihood, lattices.posteriors(self, interrupt)?))
            }
            Implementation::Log => {
                let densities = log_densities(self, x, interrupt)?;
                let model = LogModel::new(self);
                let (log_likelihood, forward) = log_space::forward(&model, &densities, interrupt)?;
                let backward = log_space::backward(&model, &densities, interrupt)?;
                Ok((log_likelihood, log_space::posteriors(&forward, &backward, self.k, interrupt)?))
            }
        }
    }

    /// The log-likelihood of one sequence. Source: `score`.
    pub fn score(&self, x: &[f64], how: Implementation, interrupt: &Interrupt<'_>) -> Result<f64, HmmError> {
        match how {
            Implementation::Scaling => Ok(scaling::forward(self, x, interrupt)?.log_likelihood),
            Implementation::Log => {
                let densities = log_densities(self, x, interrupt)?;
                Ok(log_space::forward(&LogModel::new(self), &densities, interrupt)?.0)
            }
        }
    }

    /// The state probabilities of each row given the rows up to it, `k` per row. Not in hmmlearn.
    pub fn filter(&self, x: &[f64], interrupt: &Interrupt<'_>) -> Result<Vec<f64>, Interrupted> {
        let mut filter = Filter::new(self.clone());
        let mut probabilities = Vec::with_capacity(x.len() / self.d * self.k);
        for row in x.chunks_exact(self.d) {
            probabilities.extend_from_slice(filter.step(row));
            interrupt.check(self.k * (self.k + 10))?;
        }
        Ok(probabilities)
    }
}
