//! The detector's state. Reference: `RegimeState` in `detector/types.py`.

use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};
use pyo3::{intern, Borrowed};
use std::convert::Infallible;

use super::checks::{
    given, integer_or_none, number_or_none, read_duration, read_fraction, read_integer, read_mapping,
    read_signed_fraction, refusal,
};
use super::types::regime;
use crate::regime::{Verdict, N_STATES};

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

/// What the detector knows about the market now.
///
/// Raises `ValueError` that names the field if a value is not of its kind, in the constructor and at every assignment.
#[pyclass(module = "doge_hmm")]
pub struct RegimeState {
    regime: usize,
    probabilities: Py<PyList>,
    confidence: f64,
    bias_signal: f64,
    last_update_ts: f64,
    observation_count: usize,
}

const FIELDS: [&str; 6] =
    ["regime", "probabilities", "confidence", "bias_signal", "last_update_ts", "observation_count"];

impl RegimeState {
    /// The defaults.
    pub fn initial(py: Python<'_>) -> PyResult<Self> {
        Ok(Self {
            regime: 1,
            probabilities: PyList::new(py, [0.0, 1.0, 0.0])?.unbind(),
            confidence: 0.0,
            bias_signal: 0.0,
            last_update_ts: 0.0,
            observation_count: 0,
        })
    }

    /// What inference came to.
    pub fn of(
        py: Python<'_>,
        probabilities: [f64; N_STATES],
        verdict: Verdict,
        now: f64,
        observation_count: usize,
    ) -> PyResult<Self> {
        Ok(Self {
            regime: verdict.regime,
            probabilities: PyList::new(py, probabilities)?.unbind(),
            confidence: verdict.confidence,
            bias_signal: verdict.bias_signal,
            last_update_ts: now,
            observation_count,
        })
    }

    fn assign(&mut self, field: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let path = format!("regime_state.{field}");
        match field {
            "regime" => self.regime = read_regime(&path, value)?,
            "probabilities" => self.probabilities = read_probabilities(&path, value)?,
            "confidence" => self.confidence = read_fraction(&path, value)?,
            "bias_signal" => self.bias_signal = read_signed_fraction(&path, value)?,
            "last_update_ts" => self.last_update_ts = read_duration(&path, value)?,
            _ => self.observation_count = read_integer(&path, value, 0)?,
        }
        Ok(())
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (
            regime(py, self.regime)?,
            self.probabilities.bind(py),
            self.confidence,
            self.bias_signal,
            self.last_update_ts,
            self.observation_count,
        )
            .into_pyobject(py)
    }
}

fn read_regime(path: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    match integer_or_none(value)? {
        Some(integer @ 0..=2) => Ok(integer as usize),
        _ => Err(refusal(path, "0, 1 or 2", value)),
    }
}

fn read_probabilities(path: &str, value: &Bound<'_, PyAny>) -> PyResult<Py<PyList>> {
    let py = value.py();
    let refused = || refusal(path, "a list of three numbers from 0 to 1", value);
    if !(value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()) || value.len()? != N_STATES {
        return Err(refused());
    }
    let probabilities = PyList::empty(py);
    for item in value.try_iter()? {
        match number_or_none(&item?)? {
            Some(number) if (0.0..=1.0).contains(&number) => probabilities.append(number)?,
            _ => return Err(refused()),
        }
    }
    Ok(probabilities.unbind())
}

#[pymethods]
impl RegimeState {
    #[classattr]
    #[allow(non_upper_case_globals)] // Python's name
    const __match_args__: (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    ) = (FIELDS[0], FIELDS[1], FIELDS[2], FIELDS[3], FIELDS[4], FIELDS[5]);
    #[classattr]
    #[allow(non_upper_case_globals)] // Python's name
    const __hash__: Option<()> = None;

    #[new]
    #[pyo3(signature = (
        regime=Given::NONE, probabilities=Given::NONE, confidence=Given::NONE, bias_signal=Given::NONE,
        last_update_ts=Given::NONE, observation_count=Given::NONE
    ), text_signature = "(regime=1, probabilities=[0.0, 1.0, 0.0], confidence=0.0, bias_signal=0.0, last_update_ts=0.0, observation_count=0)")]
    fn new(
        py: Python<'_>,
        regime: Given<'_>,
        probabilities: Given<'_>,
        confidence: Given<'_>,
        bias_signal: Given<'_>,
        last_update_ts: Given<'_>,
        observation_count: Given<'_>,
    ) -> PyResult<Self> {
        let mut state = Self::initial(py)?;
        let values = [regime, probabilities, confidence, bias_signal, last_update_ts, observation_count];
        for (field, given) in FIELDS.iter().zip(&values) {
            if let Some(value) = given.value() {
                state.assign(field, value)?;
            }
        }
        Ok(state)
    }

    #[getter]
    fn regime<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        regime(py, self.regime)
    }

    #[setter]
    fn set_regime(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("regime", value)
    }

    #[getter]
    fn probabilities<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.probabilities.bind(py).clone()
    }

    #[setter]
    fn set_probabilities(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("probabilities", value)
    }

    #[getter]
    fn confidence(&self) -> f64 {
        self.confidence
    }

    #[setter]
    fn set_confidence(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("confidence", value)
    }

    #[getter]
    fn bias_signal(&self) -> f64 {
        self.bias_signal
    }

    #[setter]
    fn set_bias_signal(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("bias_signal", value)
    }

    #[getter]
    fn last_update_ts(&self) -> f64 {
        self.last_update_ts
    }

    #[setter]
    fn set_last_update_ts(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("last_update_ts", value)
    }

    #[getter]
    fn observation_count(&self) -> usize {
        self.observation_count
    }

    #[setter]
    fn set_observation_count(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("observation_count", value)
    }

    /// The state as plain data, ready for JSON: keys in field order, the regime as an int, the list copied.
    pub fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let data = PyDict::new(py);
        data.set_item(FIELDS[0], self.regime)?;
        data.set_item(FIELDS[1], PyList::new(py, self.probabilities.bind(py).iter())?)?;
        data.set_item(FIELDS[2], self.confidence)?;
        data.set_item(FIELDS[3], self.bias_signal)?;
        data.set_item(FIELDS[4], self.last_update_ts)?;
        data.set_item(FIELDS[5], self.observation_count)?;
        Ok(data)
    }

    /// Read a state back: unknown keys are ignored, missing ones take the defaults.
    ///
    /// Raises `ValueError` for what is no mapping and for a value of the wrong kind. The first field counts, in field order.
    #[classmethod]
    pub fn from_dict<'py>(class: &Bound<'py, PyType>, d: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mapping = read_mapping("regime_state", d)?;
        let fields = PyDict::new(class.py());
        for field in FIELDS {
            if let Some(value) = given(mapping, field)? {
                fields.set_item(field, value)?;
            }
        }
        class.call((), Some(&fields))
    }

    fn __richcmp__<'py>(
        &self,
        py: Python<'py>,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Py<PyAny>> {
        let Ok(other) = other.cast_exact::<Self>() else {
            return Ok(py.NotImplemented());
        };
        let (own, others) = (self.values(py)?, other.borrow().values(py)?);
        match op {
            CompareOp::Eq | CompareOp::Ne => Ok(own.rich_compare(others, op)?.unbind()),
            _ => Ok(py.NotImplemented()),
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = Vec::with_capacity(FIELDS.len());
        for (field, value) in FIELDS.iter().zip(self.values(py)?.iter()) {
            parts.push(format!("{field}={}", value.call_method0(intern!(py, "__repr__"))?));
        }
        Ok(format!("RegimeState({})", parts.join(", ")))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        Ok((py.get_type::<Self>(), self.values(py)?))
    }
}
