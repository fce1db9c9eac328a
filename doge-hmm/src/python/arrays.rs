//! Conversion of arrays from and to numpy. Reference: `detector/series.py`.

use numpy::{
    Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyTuple};

use super::checks::number_or_none;

/// Closes and volumes of equal length.
pub struct Candles<'py> {
    closes: PyReadonlyArray1<'py, f64>,
    volumes: PyReadonlyArray1<'py, f64>,
}

impl<'py> Candles<'py> {
    /// Read both series. Raises `ValueError` if one is invalid, closes first, or if the lengths differ.
    pub fn read(closes: &Bound<'py, PyAny>, volumes: &Bound<'py, PyAny>) -> PyResult<Self> {
        let closes = read_series("closes", closes)?;
        let volumes = read_series("volumes", volumes)?;
        // Reading volumes may run Python code that changes the array of closes in place, so closes are extracted only now.
        let candles = Self { closes: closes.extract()?, volumes: volumes.extract()? };
        let (n, m) = (candles.closes.as_slice()?.len(), candles.volumes.as_slice()?.len());
        if n == m {
            Ok(candles)
        } else {
            let text = format!("closes and volumes: must be of equal length, got {n} and {m}");
            Err(PyValueError::new_err(text))
        }
    }

    /// The closes, not copied.
    pub fn closes(&self) -> PyResult<&[f64]> {
        Ok(self.closes.as_slice()?)
    }

    /// The volumes, not copied.
    pub fn volumes(&self) -> PyResult<&[f64]> {
        Ok(self.volumes.as_slice()?)
    }
}

// A contiguous float64 array is used as it is; numpy converts anything else.
fn read_series<'py>(name: &str, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match values.cast::<PyArray1<f64>>() {
        Ok(array) if array.is_c_contiguous() => Ok(values.clone()),
        _ => convert(name, values),
    }
}

fn convert<'py>(name: &str, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    let mut array = match numpy.call_method1(intern!(py, "asarray"), (values,)) {
        Ok(array) => array,
        Err(error) if error.is_instance_of::<PyException>(py) => {
            return Err(no_numbers(name, &values.get_type()));
        }
        Err(error) => return Err(error),
    };
    if let Some(boolean) = boolean_in(&numpy, values)? {
        return Err(no_numbers(name, &boolean));
    }
    let mut kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
    if kind == "O" {
        array = numbers_from_objects(name, &numpy, &array)?;
        kind = "f".to_owned();
    }
    if !matches!(kind.as_str(), "i" | "u" | "f") {
        return Err(no_numbers(name, &array.getattr("dtype")?.getattr("type")?));
    }
    let dimensions: usize = array.getattr("ndim")?.extract()?;
    if dimensions != 1 {
        return Err(PyValueError::new_err(format!("{name}: expected one dimension, got {dimensions}")));
    }
    quietly(&numpy, || numpy.call_method1("ascontiguousarray", (&array, numpy.getattr("float64")?)))
}

// The type of a boolean in a list or tuple, where numpy would convert True among numbers to 1.
fn boolean_in<'py>(
    numpy: &Bound<'py, PyModule>,
    values: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !(values.is_instance_of::<PyList>() || values.is_instance_of::<PyTuple>()) {
        return Ok(None);
    }
    let own = numpy.getattr("bool_")?;
    for item in values.try_iter()? {
        let item = item?;
        if item.is_instance_of::<PyBool>() || item.is_instance(&own)? {
            return Ok(Some(values.py().get_type::<PyBool>().into_any()));
        }
    }
    Ok(None)
}

// Convert an array of number objects: integers beyond 64 bits, fractions.
fn numbers_from_objects<'py>(
    name: &str,
    numpy: &Bound<'py, PyModule>,
    array: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let numbers = PyList::empty(array.py());
    for item in array.getattr("flat")?.try_iter()? {
        let item = item?;
        match number_or_none(&item)? {
            Some(number) => numbers.append(number)?,
            None => return Err(no_numbers(name, &item.get_type())),
        }
    }
    let flat = numpy.call_method1("array", (numbers, numpy.getattr("float64")?))?;
    flat.call_method1("reshape", (array.getattr("shape")?,))
}

// Run an action without numpy's warnings.
fn quietly<'py>(
    numpy: &Bound<'py, PyModule>,
    action: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let ignore = PyDict::new(numpy.py());
    ignore.set_item("all", "ignore")?;
    let guard = numpy.call_method("errstate", (), Some(&ignore))?;
    guard.call_method0("__enter__")?;
    let result = action();
    let none = numpy.py().None();
    guard.call_method1("__exit__", (&none, &none, &none))?;
    result
}

fn no_numbers(name: &str, kind: &Bound<'_, PyAny>) -> PyErr {
    match kind.getattr("__name__").and_then(|text| text.extract::<String>()) {
        // numpy's string type is called `str_`.
        Ok(text) => {
            let text = text.strip_suffix('_').unwrap_or(&text);
            PyValueError::new_err(format!("{name}: expected numbers, got {text}"))
        }
        Err(error) => error,
    }
}

/// Values stored row by row as an array of shape (rows, columns).
pub fn matrix<T: Element>(
    py: Python<'_>,
    values: Vec<T>,
    columns: usize,
) -> PyResult<Bound<'_, PyArray2<T>>> {
    let rows = values.len() / columns.max(1);
    PyArray1::from_vec(py, values).reshape([rows, columns])
}

/// A copy of the rows of a contiguous matrix.
///
/// The copy is cheap compared with the computation. It is needed because the interpreter's lock is released meanwhile, so that
/// other threads may change the array, even its type.
pub struct Rows<T = f64> {
    /// The values row by row.
    pub values: Vec<T>,
    /// The number of rows.
    pub n: usize,
    /// The number of columns.
    pub d: usize,
}

impl<T: Element + Copy> Rows<T> {
    /// Copy a C-contiguous matrix of the type. Raises `ValueError` for another layout or without a column.
    pub fn read(matrix: &Bound<'_, PyAny>) -> PyResult<Self> {
        let array: PyReadonlyArray2<'_, T> = matrix.extract()?;
        let (n, d) = (array.shape()[0], array.shape()[1]);
        match array.as_slice() {
            Ok(values) if d > 0 && array.is_c_contiguous() => Ok(Self { values: values.to_vec(), n, d }),
            _ => Err(PyValueError::new_err("expected a C-contiguous matrix of at least one feature")),
        }
    }
}
