//! Ctrl-C during a computation: the signal handlers of Python run while Rust computes.

use std::cell::RefCell;

use pyo3::intern;
use pyo3::prelude::*;

use super::model::to_python;
use crate::interrupt::Interrupt;
use crate::parameters::HmmError;

/// Run a computation that asks now and then whether a signal handler of Python raises an exception, and stops then.
///
/// Returns the computation's result and that exception.
pub fn interruptible<T>(compute: impl FnOnce(&Interrupt<'_>) -> T) -> (T, Option<PyErr>) {
    let raised = RefCell::new(None);
    let requested = || match Python::attach(|py| py.check_signals()) {
        Ok(()) => false,
        Err(error) => {
            raised.replace(Some(error));
            true
        }
    };
    let result = compute(&Interrupt::new(&requested));
    (result, raised.into_inner())
}

/// The same without the interpreter's lock, for computations that take longer than releasing it.
///
/// Only the main thread runs signal handlers; others do not ask for the lock meanwhile.
pub fn detached<T: Send>(
    py: Python<'_>,
    compute: impl FnOnce(&Interrupt<'_>) -> T + Send,
) -> PyResult<(T, Option<PyErr>)> {
    if is_main_thread(py)? {
        return Ok(py.detach(|| interruptible(compute)));
    }
    Ok((py.detach(|| compute(&Interrupt::never())), None))
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import(intern!(py, "threading"))?;
    let main = threading.call_method0(intern!(py, "main_thread"))?.getattr(intern!(py, "ident"))?;
    main.eq(threading.call_method0(intern!(py, "get_ident"))?)
}

/// Run a computation without the interpreter's lock, and raise the exception of a signal handler, or that of the computation.
pub fn computed<T: Send, E: Into<HmmError> + Send>(
    py: Python<'_>,
    compute: impl FnOnce(&Interrupt<'_>) -> Result<T, E> + Send,
) -> PyResult<T> {
    answered(detached(py, compute)?)
}

/// The value of an interruptible computation. Raises the exception of a signal handler, or that of the computation.
pub fn answered<T, E: Into<HmmError>>((result, raised): (Result<T, E>, Option<PyErr>)) -> PyResult<T> {
    match raised {
        Some(raised) => Err(raised),
        None => result.map_err(|error| to_python(error.into())),
    }
}
