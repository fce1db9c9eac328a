//! `Filter`: state probabilities after each of a series of observations.

use std::sync::Mutex;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::lock::lock;
use super::logging::repr;
use super::model::{parameters_of, to_arrays};
use crate::math::filter;

/// A fitted model that takes one observation at a time, each in O(K²).
#[pyclass(module = "doge_hmm._native", frozen)]
pub struct Filter {
    filter: Mutex<filter::Filter>,
    d: usize,
}

#[pymethods]
impl Filter {
    #[new]
    fn new(model: &Bound<'_, PyAny>, d: usize) -> PyResult<Self> {
        Ok(Self { filter: Mutex::new(filter::Filter::new(parameters_of(model, d)?)), d })
    }

    /// Add one observation, and return the K state probabilities given all observations so far.
    ///
    /// Raises `ValueError` unless the observation is D finite numbers.
    fn step(&self, py: Python<'_>, observation: Vec<f64>) -> PyResult<Vec<f64>> {
        if observation.len() != self.d {
            let text = format!("observation: expected {} features, got {}", self.d, observation.len());
            return Err(PyValueError::new_err(text));
        }
        if let Some(at) = observation.iter().position(|value| !value.is_finite()) {
            let value = repr(py, observation[at])?;
            let text = format!("observation[{at}]: must be a finite number; got {value}");
            return Err(PyValueError::new_err(text));
        }
        Ok(lock(&self.filter).step(&observation).to_vec())
    }

    /// The K state probabilities; the start probabilities before the first observation.
    #[getter]
    fn probabilities(&self) -> Vec<f64> {
        lock(&self.filter).probabilities().to_vec()
    }

    /// The log-likelihood of all observations so far.
    #[getter]
    fn log_likelihood(&self) -> f64 {
        lock(&self.filter).log_likelihood()
    }

    /// The number of observations so far.
    #[getter]
    fn n_observations(&self) -> usize {
        lock(&self.filter).rows()
    }

    /// Forget all observations.
    fn reset(&self) {
        lock(&self.filter).reset();
    }

    // For `pickle` and `copy`: the class, its arguments, and the state that `__setstate__` takes.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, filter) = (slf.py(), lock(&slf.get().filter).clone());
        let arguments = (to_arrays(py, filter.parameters().clone())?, slf.get().d).into_pyobject(py)?;
        let logarithms = filter.logarithms().map(<[f64]>::to_vec);
        let state = (filter.probabilities().to_vec(), logarithms, filter.log_likelihood(), filter.rows());
        PyTuple::new(
            py,
            [slf.get_type().into_any(), arguments.into_any(), state.into_pyobject(py)?.into_any()],
        )
    }

    fn __setstate__(&self, state: (Vec<f64>, Option<Vec<f64>>, f64, usize)) -> PyResult<()> {
        let (probabilities, logarithms, log_likelihood, rows) = state;
        if lock(&self.filter).resume(&probabilities, logarithms, log_likelihood, rows) {
            Ok(())
        } else {
            Err(PyValueError::new_err("Filter: the state is that of a filter with another number of states"))
        }
    }
}
