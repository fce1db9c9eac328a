//! Log lines, through Python's `logging`.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The logger of a message.
#[derive(Clone, Copy)]
pub enum Logger {
    /// `hmm_regime_detector`, the logger of the reference detector too.
    Detector,
    /// `doge_hmm`, in place of `hmmlearn.base`.
    Model,
}

/// Log a warning with this text, in which `%` has no special meaning.
pub fn warn(py: Python<'_>, to: Logger, text: &str) -> PyResult<()> {
    log_warning(py, to, &PyString::new(py, text))
}

/// Log a warning that ends with a Python string.
pub fn warn_of(py: Python<'_>, to: Logger, text: &str, why: &Bound<'_, PyString>) -> PyResult<()> {
    log_warning(py, to, &join(text, why)?)
}

/// Join a text and a Python string, which may contain lone surrogates that UTF-8 cannot encode.
pub fn join<'py>(text: &str, words: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
    Ok(PyString::new(words.py(), text).as_any().add(words)?.cast_into()?)
}

fn log_warning(py: Python<'_>, to: Logger, text: &Bound<'_, PyString>) -> PyResult<()> {
    let name = match to {
        Logger::Detector => intern!(py, "hmm_regime_detector"),
        Logger::Model => intern!(py, "doge_hmm"),
    };
    let logger = py.import(intern!(py, "logging"))?.call_method1(intern!(py, "getLogger"), (name,))?;
    logger.call_method1(intern!(py, "warning"), (intern!(py, "%s"), text))?;
    Ok(())
}

/// The `repr` of a float.
pub fn repr(py: Python<'_>, x: f64) -> PyResult<String> {
    pyo3::types::PyFloat::new(py, x).repr().map(|text| text.to_string())
}
