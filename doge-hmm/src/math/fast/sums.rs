//! The sums of an E-step, and the statistics from them.

use super::{D, K, LEAST_EXPECTED};
use crate::math::statistics::Statistics;
use crate::parameters::Parameters;

/// The sums over all rows, each weighted by the posteriors.
#[derive(Default)]
pub struct Sums {
    post: [f64; K],
    obs: [[f64; D]; K],
    obs2: [[f64; D]; K],
}

impl Sums {
    /// Add a row with its posteriors.
    #[inline(always)]
    pub fn add(&mut self, gamma: [f64; K], x: [f64; D]) {
        let squares: [f64; D] = std::array::from_fn(|i| x[i] * x[i]);
        for j in 0..K {
            self.post[j] += gamma[j];
            for i in 0..D {
                self.obs[j][i] += gamma[j] * x[i];
                self.obs2[j][i] += gamma[j] * squares[i];
            }
        }
    }

    /// The statistics; None if a sum is not finite, or if the expected count of something that the model allows is nearly 0.
    pub fn into_statistics(self, p: &Parameters, odds: Odds, log_likelihood: f64) -> Option<Statistics> {
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

/// The factors by which the data turn start and transition probabilities into expected counts. The factors are checked before
/// the multiplication: a probability that dies out passes through the smallest doubles, where only the product may be inexact,
/// as hmmlearn's exponential is.
pub struct Odds {
    /// One factor per state.
    pub start: [f64; K],
    /// One factor per transition.
    pub trans: [[f64; K]; K],
}

fn odds_are_known(odds: &[f64], allowed: &[f64]) -> bool {
    odds.iter().zip(allowed).all(|(&o, &a)| o.is_finite() && (o > LEAST_EXPECTED || a == 0.0))
}

fn expected(odds: &[f64], allowed: &[f64]) -> Vec<f64> {
    odds.iter().zip(allowed).map(|(o, a)| o * a).collect()
}
