//! Conversion of models between Rust and the Python class `doge_hmm.GaussianHMM`.

use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arrays::matrix;
use crate::parameters::{HmmError, Parameters, Precision};
use crate::regime::{Model, N_STATES};

/// The largest number of states: its transition matrix takes 128 MB.
pub const STATES_MAX: usize = 4096;

/// `startprob_` (k,), `transmat_` (k, k), `means_` (k, d) and `_covars_` (k, d).
pub type Arrays<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray2<f64>>,
);

/// The parameters as numpy arrays.
pub fn to_arrays(py: Python<'_>, p: Parameters) -> PyResult<Arrays<'_>> {
    Ok((
        PyArray1::from_vec(py, p.startprob),
        matrix(py, p.transmat, p.k)?,
        matrix(py, p.means, p.d)?,
        matrix(py, p.covars, p.d)?,
    ))
}

/// The four arrays of a model, in any memory layout.
#[derive(FromPyObject)]
struct ModelArrays<'py>(
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray2<'py, f64>,
    PyReadonlyArray2<'py, f64>,
    PyReadonlyArray2<'py, f64>,
);

impl ModelArrays<'_> {
    /// The parameters for rows of `d` features. Raises `ValueError` for shapes that do not fit together.
    fn parameters(&self, d: usize) -> PyResult<Parameters> {
        let k = self.0.shape()[0];
        for (name, array, shape) in
            [("transmat_", &self.1, [k, k]), ("means_", &self.2, [k, d]), ("covars_", &self.3, [k, d])]
        {
            let got = array.shape();
            if [got[0], got[1]] != shape {
                let text = format!("{name}: expected shape {shape:?}, got {:?}", [got[0], got[1]]);
                return Err(PyValueError::new_err(text));
            }
        }
        if k == 0 {
            return Err(PyValueError::new_err("startprob_: expected at least one state"));
        }
        let values = |array: &PyReadonlyArray2<'_, f64>| array.as_array().iter().copied().collect();
        Ok(Parameters {
            k,
            d,
            startprob: self.0.as_array().iter().copied().collect(),
            transmat: values(&self.1),
            means: values(&self.2),
            covars: values(&self.3),
            differences: Precision::Double,
        })
    }
}

/// The parameters in a tuple of four arrays, whose borrows end at once.
pub fn parameters_of(model: &Bound<'_, PyAny>, d: usize) -> PyResult<Parameters> {
    model.extract::<ModelArrays<'_>>()?.parameters(d)
}

/// The Python exception for an error of the model.
pub fn to_python(error: HmmError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A detector's model as a `doge_hmm.GaussianHMM`.
pub fn to_gaussian_hmm<'py>(py: Python<'py>, model: &Model, n_iter: usize) -> PyResult<Bound<'py, PyAny>> {
    let settings = PyDict::new(py);
    settings.set_item("n_components", N_STATES)?;
    settings.set_item("covariance_type", "diag")?;
    settings.set_item("n_iter", n_iter)?;
    settings.set_item("random_state", 42)?;
    let arrays = to_arrays(py, model.parameters.clone())?;
    py.import("doge_hmm.hmm")?
        .getattr("GaussianHMM")?
        .call_method1("_fitted", (settings, arrays, model.log_likelihoods.clone()))
}
