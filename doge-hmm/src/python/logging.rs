//! Log lines, through Python's `logging` under the name `doge_hmm`.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

fn logger(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOGGER.get_or_try_init(py, || Ok(py.import("logging")?.call_method1("getLogger", ("doge_hmm",))?.unbind()))
}

/// Log a warning; the text is taken as it is.
pub fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    logger(py)?.call_method1(py, intern!(py, "warning"), (intern!(py, "%s"), text))?;
    Ok(())
}

/// A float as Python writes it.
pub fn repr(py: Python<'_>, x: f64) -> PyResult<String> {
    pyo3::types::PyFloat::new(py, x).repr().map(|text| text.to_string())
}
