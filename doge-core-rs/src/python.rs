//! The only module that names PyO3: `doge_core_rs`, the wire in the interpreter's own process.
//!
//! A panic is answered as an error (`wire::handle_line`), so that none crosses into Python.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::wire::{handle_line, handle_replay, Answer};

/// Answer one request line of `docs/wire.md` as the executable alone does: there are no sessions.
///
/// The answer is a line of JSON without its end; an error is one too. The interpreter's lock is released meanwhile.
#[pyfunction]
fn answer<'py>(py: Python<'py>, line: &[u8]) -> Bound<'py, PyBytes> {
    bytes_of(py, py.detach(|| handle_line(line, None)))
}

/// Answer a `replay` request, which need not name its method.
#[pyfunction]
fn replay<'py>(py: Python<'py>, request: &[u8]) -> Bound<'py, PyBytes> {
    bytes_of(py, py.detach(|| handle_replay(request)))
}

fn bytes_of(py: Python<'_>, answer: Answer) -> Bound<'_, PyBytes> {
    PyBytes::new(py, answer.line.strip_suffix(b"\n").unwrap_or(&answer.line))
}

/// The reducer in Rust.
#[pymodule(gil_used = false)]
fn doge_core_rs(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_function(wrap_pyfunction!(answer, m)?)?;
    m.add_function(wrap_pyfunction!(replay, m)?)
}
