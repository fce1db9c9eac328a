//! The warnings that hmmlearn and the reference log about a fit. Source: `BaseHMM._init`, `fit`, `ConvergenceMonitor.report`.

use pyo3::prelude::*;

use super::logging::{repr, warn, Logger};
use crate::features::N_FEATURES;
use crate::math::baum_welch::History;
use crate::regime::{Training, N_STATES};

// The drop of a log-likelihood that rounding alone may cause: the square root of the machine epsilon.
const PRECISION: f64 = 1.490_116_119_384_765_6e-8;
const FREE_SCALARS: usize = N_STATES - 1 + N_STATES * (N_STATES - 1) + 2 * N_STATES * N_FEATURES;

/// Log the warnings of a training on `values` numbers, in the order in which hmmlearn and the reference log them.
pub fn log_fit_warnings(py: Python<'_>, training: &Training, values: usize) -> PyResult<()> {
    if training.history.is_some() && values < FREE_SCALARS {
        let text = format!(
            "Fitting a model with {FREE_SCALARS} free scalar parameters with only {values} data points \
             will result in a degenerate solution."
        );
        warn(py, Logger::Model, &text)?;
    }
    if let Some(history) = &training.history {
        log_round_warnings(py, history)?;
    }
    if training.fewer_clusters {
        let text = format!("training found fewer clusters in the observations than the {N_STATES} states");
        warn(py, Logger::Detector, &text)?;
    }
    Ok(())
}

// Source: `ConvergenceMonitor.report` and `fit`.
fn log_round_warnings(py: Python<'_>, history: &History) -> PyResult<()> {
    let rounds = history.log_likelihoods.len();
    for round in 0..rounds {
        let current = history.log_likelihoods[round];
        if round > 0 && current - history.log_likelihoods[round - 1] < -PRECISION {
            let before = history.log_likelihoods[round - 1];
            let text = format!(
                "Model is not converging.  Current: {} is not greater than {}. Delta is {}",
                repr(py, current)?,
                repr(py, before)?,
                repr(py, current - before)?
            );
            warn(py, Logger::Model, &text)?;
        }
        if round + 1 < rounds && history.zero_rows[round] {
            warn(
                py,
                Logger::Model,
                "Some rows of transmat_ have zero sum because no transition from the state was ever observed.",
            )?;
        }
    }
    Ok(())
}
