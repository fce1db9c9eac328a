//! What all records have in common with the reference's dataclasses.

use std::convert::Infallible;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use pyo3::{intern, Borrowed};

/// An argument that was given, if only as None.
pub struct Given<'py>(Option<Bound<'py, PyAny>>);

impl<'py> Given<'py> {
    /// Left out.
    pub const NONE: Self = Self(None);

    /// What was given.
    pub fn value(&self) -> Option<&Bound<'py, PyAny>> {
        self.0.as_ref()
    }
}

impl<'py> FromPyObject<'_, 'py> for Given<'py> {
    type Error = Infallible;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self(Some(value.to_owned())))
    }
}

/// The class's name and every field, as dataclasses are written.
pub fn written<'py>(
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

/// How `pickle` and `copy` make it again, whatever a subclass added included.
pub fn reduced<'py>(
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
