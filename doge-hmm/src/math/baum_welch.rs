//! The rounds of EM. Source: hmmlearn 0.3.3, `base.py` (`fit`, `_do_estep`, `_do_mstep`) and `hmm.py`.

use crate::interrupt::Interrupt;
use crate::math::statistics::Statistics;
use crate::math::{fast, log_space, scaling};
use crate::parameters::{HmmError, Parameters, Precision};

const STARTPROB_PRIOR: f64 = 1.0;
const TRANSMAT_PRIOR: f64 = 1.0;
const MEANS_PRIOR: f64 = 0.0;
const MEANS_WEIGHT: f64 = 0.0;
const COVARS_PRIOR: f64 = 1e-2;
const COVARS_WEIGHT: f64 = 1.0;
const LEAST_COVARS_DENOMINATOR: f64 = 1e-5;

/// The arithmetic of forward-backward: hmmlearn's `implementation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// With the results of logarithms: hmmlearn's "log".
    Log,
    /// With scaling factors: hmmlearn's "scaling". Fails if the densities of a row are too small.
    Scaling,
}

/// The parameters that a fit updates: hmmlearn's `params`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updates {
    /// "s"
    pub startprob: bool,
    /// "t"
    pub transmat: bool,
    /// "m"
    pub means: bool,
    /// "c"
    pub covars: bool,
}

impl Updates {
    /// Update all parameters.
    pub const ALL: Self = Self { startprob: true, transmat: true, means: true, covars: true };
}

/// The settings of the rounds of EM.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounds {
    /// The largest number of rounds.
    pub n_iter: usize,
    /// Stop after a round in which the total log-likelihood gains less than this.
    pub tol: f64,
    /// The arithmetic of forward-backward.
    pub implementation: Implementation,
    /// The parameters that are updated.
    pub updates: Updates,
    /// The precision of the squares of the data.
    pub squares: Precision,
}

/// The record of the rounds of EM.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The log-likelihood before each round's update.
    pub log_likelihoods: Vec<f64>,
    /// For each round, true if a row of the transition matrix then summed to 0.
    pub zero_rows: Vec<bool>,
    /// The number of rounds that `fast` could not compute, so that `log_space` did.
    pub logarithmic: usize,
    /// The error that ended the fit before its last round, if there was one.
    pub failure: Option<HmmError>,
}

/// The sequences of the data, with buffers for their lattices.
pub struct Sequences<'a> {
    pieces: Vec<Piece<'a>>,
    squares: Precision,
}

struct Piece<'a> {
    rows: &'a [f64],
    fast: Option<fast::Workspace<'a>>,
}

impl<'a> Sequences<'a> {
    /// Cut rows of `p.d` features into sequences of these lengths, which must sum to the number of rows.
    pub fn new(p: &Parameters, x: &'a [f64], lengths: &[usize], squares: Precision) -> Self {
        let mut rest = x;
        let mut pieces = Vec::with_capacity(lengths.len());
        for &length in lengths {
            let (rows, behind) = rest.split_at(length * p.d);
            rest = behind;
            let fast = (fast::fits(p) && squares == Precision::Double && !rows.is_empty())
                .then(|| fast::Workspace::new(rows));
            pieces.push(Piece { rows, fast });
        }
        Self { pieces, squares }
    }

    fn e_step(
        &mut self,
        p: &Parameters,
        how: Implementation,
        interrupt: &Interrupt<'_>,
    ) -> Result<(Statistics, bool), HmmError> {
        let mut total = Statistics::new(p.k, p.d);
        let mut logarithmic = false;
        for piece in self.pieces.iter_mut().filter(|piece| !piece.rows.is_empty()) {
            let stats = match how {
                Implementation::Scaling => scaling::e_step(p, piece.rows, self.squares, interrupt)?,
                Implementation::Log => match piece.fast_step(p, interrupt)? {
                    Some(stats) => stats,
                    None => {
                        logarithmic |= piece.fast.is_some();
                        log_space::e_step(p, piece.rows, self.squares, interrupt)?
                    }
                },
            };
            total.add(&stats);
        }
        Ok((total, logarithmic))
    }
}

impl Piece<'_> {
    fn fast_step(
        &mut self,
        p: &Parameters,
        interrupt: &Interrupt<'_>,
    ) -> Result<Option<Statistics>, HmmError> {
        match &mut self.fast {
            Some(fast) => Ok(fast.e_step(p, interrupt)?),
            None => Ok(None),
        }
    }
}

/// Improve initialised parameters round by round. Source: `fit`, after `_init`.
///
/// If a round fails or is interrupted, the parameters are those of the round before, and the history says why it ended.
pub fn fit(
    p: &mut Parameters,
    sequences: &mut Sequences<'_>,
    rounds: &Rounds,
    interrupt: &Interrupt<'_>,
) -> History {
    let mut history =
        History { log_likelihoods: Vec::new(), zero_rows: Vec::new(), logarithmic: 0, failure: None };
    for _ in 0..rounds.n_iter {
        let (stats, logarithmic) = match sequences.e_step(p, rounds.implementation, interrupt) {
            Ok(done) => done,
            Err(error) => {
                history.failure = Some(error);
                break;
            }
        };
        m_step(p, &stats, rounds.updates);
        history.log_likelihoods.push(stats.log_likelihood);
        history.zero_rows.push(has_zero_row(p));
        history.logarithmic += usize::from(logarithmic);
        if converged(&history.log_likelihoods, rounds) {
            break;
        }
    }
    history
}

// Source: `ConvergenceMonitor.converged`.
fn converged(log_likelihoods: &[f64], rounds: &Rounds) -> bool {
    if log_likelihoods.len() == rounds.n_iter {
        return true;
    }
    match log_likelihoods {
        [.., before, last] => last - before < rounds.tol,
        _ => false,
    }
}

fn has_zero_row(p: &Parameters) -> bool {
    p.transmat.chunks_exact(p.k).any(|row| row.iter().sum::<f64>() == 0.0)
}

/// Source: `_do_mstep`, first of `BaseHMM`, then of `GaussianHMM`.
pub fn m_step(p: &mut Parameters, stats: &Statistics, updates: Updates) {
    let (k, d) = (p.k, p.d);
    if updates.startprob {
        expected_counts(&mut p.startprob, &stats.start, STARTPROB_PRIOR);
        let sum: f64 = p.startprob.iter().sum();
        p.startprob.iter_mut().for_each(|value| *value /= sum);
    }
    if updates.transmat {
        expected_counts(&mut p.transmat, &stats.trans, TRANSMAT_PRIOR);
        for row in p.transmat.chunks_exact_mut(k) {
            let sum: f64 = row.iter().sum();
            let total = if sum == 0.0 { 1.0 } else { sum };
            row.iter_mut().for_each(|value| *value /= total);
        }
    }
    // hmmlearn counts visits only where the means are updated too; without them a covariance is divided by 1e-5.
    let post = |j: usize| if updates.means { stats.post[j] } else { 0.0 };
    let obs = |i: usize| if updates.means { stats.obs[i] } else { 0.0 };
    if updates.means {
        for i in 0..k * d {
            p.means[i] = (MEANS_WEIGHT * MEANS_PRIOR + obs(i)) / (MEANS_WEIGHT + post(i / d));
        }
        p.differences = Precision::Double;
    }
    if updates.covars {
        for i in 0..k * d {
            let mean = p.means[i];
            let deviation = mean - MEANS_PRIOR;
            let numerator = MEANS_WEIGHT * (deviation * deviation) + stats.obs2[i] - 2.0 * mean * obs(i)
                + mean * mean * post(i / d);
            let denominator = (COVARS_WEIGHT - 1.0).max(0.0) + post(i / d);
            let guarded =
                if denominator < LEAST_COVARS_DENOMINATOR { LEAST_COVARS_DENOMINATOR } else { denominator };
            p.covars[i] = (COVARS_PRIOR + numerator) / guarded;
        }
    }
}

// A value of exactly 0 stays 0. As with numpy's `maximum`, NaN stays NaN.
fn expected_counts(values: &mut [f64], counts: &[f64], prior: f64) {
    for (value, count) in values.iter_mut().zip(counts) {
        if *value != 0.0 {
            let expected = prior - 1.0 + count;
            *value = if expected < 0.0 { 0.0 } else { expected };
        }
    }
}
