//! The only module that names PyO3: `doge_hmm._native`.
//!
//! A thin layer: it checks and converts the arguments from Python, and the plain Rust modules compute. Computations that take
//! longer than releasing the interpreter's lock run without the lock.

mod arrays;
mod checks;
mod config;
mod detector;
mod features;
mod filter;
mod fit_warnings;
mod functions;
mod hmm_functions;
mod inner;
mod interruption;
mod lock;
mod logging;
mod model;
mod pickling;
mod record;
mod state;
mod types;

use pyo3::prelude::*;

/// The native half of the package `doge_hmm`. On a free-threaded interpreter it turns the GIL on.
#[pymodule(gil_used = true)]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("Regime", types::regime_class(m.py())?)?;
    m.add_class::<types::IndicatorSnapshot>()?;
    m.add_class::<state::RegimeState>()?;
    m.add_class::<features::FeatureExtractor>()?;
    m.add_class::<detector::RegimeDetector>()?;
    m.add_class::<filter::Filter>()?;
    for function in [
        wrap_pyfunction!(functions::compute_blended_idle_target, m)?,
        wrap_pyfunction!(functions::compute_grid_bias, m)?,
        wrap_pyfunction!(functions::serialize_for_snapshot, m)?,
        wrap_pyfunction!(functions::restore_from_snapshot, m)?,
        wrap_pyfunction!(hmm_functions::dirichlets, m)?,
        wrap_pyfunction!(hmm_functions::draws_of, m)?,
        wrap_pyfunction!(hmm_functions::k_means, m)?,
        wrap_pyfunction!(hmm_functions::em, m)?,
        wrap_pyfunction!(hmm_functions::score_samples, m)?,
        wrap_pyfunction!(hmm_functions::score, m)?,
        wrap_pyfunction!(hmm_functions::viterbi, m)?,
        wrap_pyfunction!(hmm_functions::filter_proba, m)?,
    ] {
        m.add_function(function)?;
    }
    Ok(())
}
