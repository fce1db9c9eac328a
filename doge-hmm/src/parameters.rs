//! The parameters of a Gaussian HMM with diagonal covariances, and the errors of working with them.
//!
//! Source: hmmlearn 0.3.3, `hmm.py` and `base.py`.

use std::fmt;

use crate::kmeans::TooFewRows;

/// A model: probabilities and densities per state. Matrices lie row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// States.
    pub k: usize,
    /// Features.
    pub d: usize,
    /// `k` probabilities.
    pub startprob: Vec<f64>,
    /// `k * k` probabilities, from row to column.
    pub transmat: Vec<f64>,
    /// `k * d`.
    pub means: Vec<f64>,
    /// `k * d` variances.
    pub covars: Vec<f64>,
}

impl Parameters {
    /// Whether the probabilities sum to 1, to numpy's `allclose`. Source: `_check`.
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

    /// Whether every parameter is a finite number.
    pub fn is_finite(&self) -> bool {
        [&self.startprob, &self.transmat, &self.means, &self.covars]
            .into_iter()
            .all(|values| values.iter().all(|value| value.is_finite()))
    }
}

/// Why hmmlearn would raise `ValueError`.
#[derive(Clone, Debug, PartialEq)]
pub enum HmmError {
    /// Fewer rows than states.
    TooFewRows(TooFewRows),
    /// Densities too small for `Implementation::Scaling`.
    Underflow,
    /// The start probabilities sum to something else.
    StartSum(f64),
    /// A row of the transition matrix does; all rows' sums.
    TransSums(Vec<f64>),
}

impl fmt::Display for HmmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRows(error) => error.fmt(f),
            Self::Underflow => {
                f.write_str("forward pass failed with underflow; consider using implementation='log' instead")
            }
            Self::StartSum(sum) => {
                let text = if sum.is_nan() { "nan".to_owned() } else { format!("{sum:.4}") };
                write!(f, "startprob_ must sum to 1 (got {text})")
            }
            Self::TransSums(sums) => write!(f, "transmat_ rows must sum to 1 (got row sums of {sums:?})"),
        }
    }
}

impl std::error::Error for HmmError {}

impl From<TooFewRows> for HmmError {
    fn from(error: TooFewRows) -> Self {
        Self::TooFewRows(error)
    }
}
