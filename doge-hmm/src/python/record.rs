//! The behaviour of the reference's dataclasses that all records share.

use std::convert::Infallible;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use pyo3::{intern, Borrowed};

/// An optional argument, for which None differs from leaving it out.
pub struct Argument<'py>(Option<Bound<'py, PyAny>>);

impl<'py> Argument<'py> {
    /// The argument was left out.
    pub const NONE: Self = Self(None);

    /// The value, unless the argument was left out.
    pub fn value(&self) -> Option<&Bound<'py, PyAny>> {
        self.0.as_ref()
    }
}

impl<'py> FromPyObject<'_, 'py> for Argument<'py> {
    type Error = Infallible;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self(Some(value.to_owned())))
    }
}

/// The `repr` of a dataclass: the class's name and every field.
pub fn record_repr<'py>(
    record: &Bound<'py, PyAny>,
    fields: &[&str],
    values: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyString>> {
    let py = record.py();
    let mut text = record.get_type().qualname()?.as_any().add("(")?;
    for (at, (field, value)) in fields.iter().zip(values.iter()).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        text = text.add(format!("{comma}{field}="))?.add(value.repr()?)?;
    }
    Ok(text.add(intern!(py, ")"))?.cast_into()?)
}

/// The result of `__reduce__`, with the attributes that a subclass or a caller added.
pub fn record_reduce<'py>(
    record: &Bound<'py, PyAny>,
    values: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = record.py();
    let class = PyTuple::new(py, [record.get_type()])?;
    let arguments = class.as_any().add(values)?;
    let new = py.import(intern!(py, "copyreg"))?.getattr(intern!(py, "__newobj__"))?;
    let attributes = record.getattr_opt(intern!(py, "__dict__"))?;
    (new, arguments, attributes).into_pyobject(py)
}
