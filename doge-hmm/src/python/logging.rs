//! Log lines, through Python's `logging`.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

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
    say(py, speaker, &PyString::new(py, text))
}

/// Log a warning that ends in Python's own words.
pub fn warn_of(py: Python<'_>, speaker: Speaker, text: &str, why: &Bound<'_, PyString>) -> PyResult<()> {
    say(py, speaker, &join(text, why)?)
}

/// A text and Python's own words, which may hold what UTF-8 cannot.
pub fn join<'py>(text: &str, words: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
    Ok(PyString::new(words.py(), text).as_any().add(words)?.cast_into()?)
}

fn say(py: Python<'_>, speaker: Speaker, text: &Bound<'_, PyString>) -> PyResult<()> {
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
