//! Log lines, through Python's `logging`.

use pyo3::intern;
use pyo3::prelude::*;

/// Who says something.
#[derive(Clone, Copy)]
pub enum Speaker {
    /// The detector, under the name that the reference uses too.
    Detector,
    /// The model, in hmmlearn's stead.
    Model,
}

/// Log a warning; the text is taken as it is.
pub fn warn(py: Python<'_>, speaker: Speaker, text: &str) -> PyResult<()> {
    let name = match speaker {
        Speaker::Detector => intern!(py, "hmm_regime_detector"),
        Speaker::Model => intern!(py, "doge_hmm"),
    };
    let logger = py.import(intern!(py, "logging"))?.call_method1(intern!(py, "getLogger"), (name,))?;
    logger.call_method1(intern!(py, "warning"), (intern!(py, "%s"), text))?;
    Ok(())
}

/// A float as Python writes it.
pub fn repr(py: Python<'_>, x: f64) -> PyResult<String> {
    pyo3::types::PyFloat::new(py, x).repr().map(|text| text.to_string())
}
