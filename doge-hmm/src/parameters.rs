//! The parameters of a Gaussian HMM with diagonal covariances, and the errors of working with them.
//!
//! Source: hmmlearn 0.3.3, `hmm.py` and `base.py`.

use std::fmt;

use crate::interrupt::Interrupted;
use crate::kmeans::KMeansError;

/// The precision of a computation whose operands are all float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// In float64.
    Double,
    /// In float32, as numpy computes with arrays of that type.
    Single,
}

/// The parameters of a model. Matrices are stored row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The number of states.
    pub k: usize,
    /// The number of features.
    pub d: usize,
    /// The start probability of each state: `k` values.
    pub startprob: Vec<f64>,
    /// The transition probabilities from the row's state to the column's: `k * k` values.
    pub transmat: Vec<f64>,
    /// The mean of each feature in each state: `k * d` values.
    pub means: Vec<f64>,
    /// The variance of each feature in each state: `k * d` values.
    pub covars: Vec<f64>,
    /// The precision of the squared differences between the data and the means: `Single` while both are float32, as they are
    /// between k-means and the first update of the means.
    pub differences: Precision,
}

impl Parameters {
    /// Fails unless the probabilities sum to 1 within the tolerance of numpy's `allclose`. Source: `_check`.
    pub fn check(&self) -> Result<(), HmmError> {
        let close = |sum: f64| (sum - 1.0).abs() <= 1e-8 + 1e-5;
        let start: f64 = self.startprob.iter().sum();
        if !close(start) {
            return Err(HmmError::StartSum(start));
        }
        let sums: Vec<f64> = self.transmat.chunks_exact(self.k).map(|row| row.iter().sum()).collect();
        if sums.iter().all(|&sum| close(sum)) {
            Ok(())
        } else {
            Err(HmmError::TransSums(sums))
        }
    }

    /// True if every parameter is finite.
    pub fn is_finite(&self) -> bool {
        [&self.startprob, &self.transmat, &self.means, &self.covars]
            .into_iter()
            .all(|values| values.iter().all(|value| value.is_finite()))
    }
}

/// An error for which hmmlearn raises `ValueError`.
#[derive(Clone, Debug, PartialEq)]
pub enum HmmError {
    /// The data cannot be clustered.
    KMeans(KMeansError),
    /// The densities of a row are too small for `Implementation::Scaling`.
    Underflow,
    /// The start probabilities do not sum to 1; their sum.
    StartSum(f64),
    /// A row of the transition matrix does not sum to 1; the sums of all rows.
    TransSums(Vec<f64>),
    /// The caller asked to stop.
    Interrupted,
}

impl fmt::Display for HmmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KMeans(error) => error.fmt(f),
            Self::Underflow => {
                f.write_str("forward pass failed with underflow; consider using implementation='log' instead")
            }
            Self::StartSum(sum) => {
                let text = if sum.is_nan() { "nan".to_owned() } else { format!("{sum:.4}") };
                write!(f, "startprob_ must sum to 1 (got {text})")
            }
            Self::TransSums(sums) => write!(f, "transmat_ rows must sum to 1 (got row sums of {sums:?})"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for HmmError {}

impl From<KMeansError> for HmmError {
    fn from(error: KMeansError) -> Self {
        match error {
            KMeansError::Interrupted => Self::Interrupted,
            other => Self::KMeans(other),
        }
    }
}

impl From<Interrupted> for HmmError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}
