//! Checks of callers' numbers, integers and mappings, and the messages for values that fail. Reference: `detector/checks.py`.

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyMapping, PySlice, PyString, PyType};

use super::logging::join;

/// The largest setting or count that is an integer.
pub const INTEGER_MAX: i64 = i32::MAX as i64;

const SHOWN_MAX: usize = 80;

/// The error for a value that is not what was expected.
pub fn refusal(path: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match shown(value).and_then(|text| join(&format!("{path}: must be {wanted}; got "), &text)) {
        Ok(text) => PyValueError::new_err(text.unbind()),
        Err(error) => error,
    }
}

// At most 80 characters of the value's repr, or its type's name if `repr` fails.
fn shown<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    let py = value.py();
    let text = match value.repr() {
        Ok(text) => text,
        Err(error) if error.is_instance_of::<PyException>(py) => {
            PyString::new(py, &format!("<{}>", type_name(value)?))
        }
        Err(error) => return Err(error),
    };
    if text.len()? <= SHOWN_MAX {
        return Ok(text);
    }
    let part = text.as_any().get_item(PySlice::new(py, 0, SHOWN_MAX as isize - 3, 1))?;
    Ok(part.add("...")?.cast_into()?)
}

/// The name of a value's type.
pub fn type_name(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.get_type().getattr("__name__")?.extract()
}

fn is_instance(value: &Bound<'_, PyAny>, name: &str, class: &PyOnceLock<Py<PyType>>) -> bool {
    let py = value.py();
    class.import(py, "numbers", name).and_then(|class| value.is_instance(class)).unwrap_or(false)
}

/// A number as a float, NaN and infinities included; None for an integer too large and for anything else.
pub fn number_or_none(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    static REAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if let Ok(number) = value.cast_exact::<PyFloat>() {
        return Ok(Some(number.value()));
    }
    if value.is_instance_of::<PyBool>() || !is_instance(value, "Real", &REAL) {
        return Ok(None);
    }
    // `float(value)`; only the error for an integer too large is not passed on.
    match value.py().get_type::<PyFloat>().call1((value,)).and_then(|number| number.extract()) {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyOverflowError>(value.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A number that `accepts` returns true for.
pub fn read_number_where(
    path: &str,
    wanted: &str,
    value: &Bound<'_, PyAny>,
    accepts: impl Fn(f64) -> bool,
) -> PyResult<f64> {
    match number_or_none(value)? {
        Some(number) if accepts(number) => Ok(number),
        _ => Err(refusal(path, wanted, value)),
    }
}

/// Any number, NaN and infinities included.
pub fn read_number(path: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    read_number_where(path, "a number", value, |_| true)
}

/// A finite number.
pub fn read_finite(path: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    read_number_where(path, "a finite number", value, f64::is_finite)
}

/// A finite number of at least 0, such as a time in seconds.
pub fn read_duration(path: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    read_number_where(path, "a finite number of at least 0", value, |x| (0.0..f64::INFINITY).contains(&x))
}

/// A number from 0 to 1.
pub fn read_fraction(path: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    read_number_where(path, "a number from 0 to 1", value, |x| (0.0..=1.0).contains(&x))
}

/// A number from -1 to 1.
pub fn read_signed_fraction(path: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    read_number_where(path, "a number from -1 to 1", value, |x| (-1.0..=1.0).contains(&x))
}

/// The integer, clamped to 64 bits; None for anything else.
pub fn integer_or_none(value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    static INTEGRAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if value.is_instance_of::<PyBool>() || !is_instance(value, "Integral", &INTEGRAL) {
        return Ok(None);
    }
    let integer = value.py().get_type::<PyInt>().call1((value,))?;
    match integer.extract::<i64>() {
        Ok(number) => Ok(Some(number)),
        Err(_) if integer.lt(0)? => Ok(Some(i64::MIN)),
        Err(_) => Ok(Some(i64::MAX)),
    }
}

/// An integer from `at_least` to `INTEGER_MAX`.
pub fn read_integer(path: &str, value: &Bound<'_, PyAny>, at_least: i64) -> PyResult<usize> {
    match integer_or_none(value)? {
        Some(integer) if integer > INTEGER_MAX => {
            Err(refusal(path, &format!("an integer of at most {INTEGER_MAX}"), value))
        }
        Some(integer) if integer >= at_least => Ok(integer as usize),
        _ => Err(refusal(path, &format!("an integer of at least {at_least}"), value)),
    }
}

/// Any mapping.
pub fn read_mapping<'a, 'py>(
    path: &str,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyMapping>> {
    value.cast::<PyMapping>().map_err(|_| match type_name(value) {
        Ok(name) => PyValueError::new_err(format!("{path}: expected a mapping, got {name}")),
        Err(error) => error,
    })
}

/// The value of a key, or None if the key is missing.
pub fn given<'py>(mapping: &Bound<'py, PyMapping>, key: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if mapping.contains(key)? {
        mapping.get_item(key).map(Some)
    } else {
        Ok(None)
    }
}

/// Seconds since 1970.
pub fn now(py: Python<'_>) -> PyResult<f64> {
    py.import(intern!(py, "time"))?.call_method0(intern!(py, "time"))?.extract()
}
