//! Arrays from and to numpy. Reference: `detector/series.py`.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyTuple};

use super::checks::number_or_none;

/// Closes and volumes of one length.
pub struct Candles<'py> {
    closes: PyReadonlyArray1<'py, f64>,
    volumes: PyReadonlyArray1<'py, f64>,
}

impl<'py> Candles<'py> {
    /// Read both; closes are looked at first.
    pub fn read(closes: &Bound<'py, PyAny>, volumes: &Bound<'py, PyAny>) -> PyResult<Self> {
        let closes = read_series("closes", closes)?;
        let volumes = read_series("volumes", volumes)?;
        // Reading volumes may be anybody's code, and an array can be changed in place: only now is it known what closes are.
        let candles = Self { closes: closes.extract()?, volumes: volumes.extract()? };
        let (n, m) = (candles.closes.as_slice()?.len(), candles.volumes.as_slice()?.len());
        if n == m {
            Ok(candles)
        } else {
            let text = format!("closes and volumes: must be of equal length, got {n} and {m}");
            Err(PyValueError::new_err(text))
        }
    }

    /// The closes, in place.
    pub fn closes(&self) -> PyResult<&[f64]> {
        Ok(self.closes.as_slice()?)
    }

    /// The volumes, in place.
    pub fn volumes(&self) -> PyResult<&[f64]> {
        Ok(self.volumes.as_slice()?)
    }
}

// A contiguous float64 array is used where it lies; anything else goes through numpy.
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

// numpy would take True among numbers for 1.
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

// Objects that are all numbers: integers beyond 64 bits, fractions.
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

// Without numpy's warnings.
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
        // numpy calls its own strings `str_`, to tell them from Python's.
        Ok(text) => {
            let text = text.strip_suffix('_').unwrap_or(&text);
            PyValueError::new_err(format!("{name}: expected numbers, got {text}"))
        }
        Err(error) => error,
    }
}

/// Values that lie row after row, as an array of `columns` columns.
pub fn matrix<'py>(py: Python<'py>, values: Vec<f64>, columns: usize) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let rows = values.len() / columns.max(1);
    PyArray1::from_vec(py, values).reshape([rows, columns])
}

/// The rows of a contiguous matrix.
///
/// A copy, small beside what is computed from it: meanwhile the interpreter is let go, and others may do anything to the array,
/// even give it another type.
pub struct Rows {
    /// Row after row.
    pub values: Vec<f64>,
    /// Rows.
    pub n: usize,
    /// Columns.
    pub d: usize,
}

impl Rows {
    /// Of a C-contiguous float64 matrix.
    pub fn read(matrix: &Bound<'_, PyAny>) -> PyResult<Self> {
        let array: PyReadonlyArray2<'_, f64> = matrix.extract()?;
        let (n, d) = (array.shape()[0], array.shape()[1]);
        match array.as_slice() {
            Ok(values) if d > 0 && array.is_c_contiguous() => Ok(Self { values: values.to_vec(), n, d }),
            _ => Err(PyValueError::new_err("expected a C-contiguous matrix of at least one feature")),
        }
    }
}
