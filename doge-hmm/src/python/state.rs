//! The detector's state. Reference: `RegimeState` in `detector/types.py`.

use std::mem::replace;
use std::sync::Mutex;

use pyo3::basic::CompareOp;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::checks::{
    given, integer_or_none, number_or_none, read_duration, read_fraction, read_integer, read_mapping,
    read_signed_fraction, refusal,
};
use super::lock::lock;
use super::record::{record_reduce, record_repr, Argument};
use super::types::regime;
use crate::regime::{Verdict, N_STATES};

/// The regime of the market with its probabilities.
///
/// The constructor and every assignment raise `ValueError` that names the field if its value is invalid.
// DIFFERENCE: a subclass whose constructor takes other arguments must define `__new__`.
#[pyclass(module = "doge_hmm", frozen, subclass)]
pub struct RegimeState {
    fields: Mutex<Fields>,
}

struct Fields {
    regime: usize,
    probabilities: Py<PyList>,
    confidence: f64,
    bias_signal: f64,
    last_update_ts: f64,
    observation_count: usize,
}

type Values<'py> = (Bound<'py, PyAny>, Bound<'py, PyList>, f64, f64, f64, usize);

const FIELDS: [&str; 6] =
    ["regime", "probabilities", "confidence", "bias_signal", "last_update_ts", "observation_count"];

impl RegimeState {
    /// The state with the default of every field.
    pub fn initial(py: Python<'_>) -> PyResult<Self> {
        let verdict = Verdict { regime: 1, confidence: 0.0, bias_signal: 0.0 };
        Self::of(py, [0.0, 1.0, 0.0], verdict, 0.0, 0)
    }

    /// The state that follows from an inference; `now` is in seconds since 1970.
    pub fn of(
        py: Python<'_>,
        probabilities: [f64; N_STATES],
        verdict: Verdict,
        now: f64,
        observation_count: usize,
    ) -> PyResult<Self> {
        let fields = Fields {
            regime: verdict.regime,
            probabilities: PyList::new(py, probabilities)?.unbind(),
            confidence: verdict.confidence,
            bias_signal: verdict.bias_signal,
            last_update_ts: now,
            observation_count,
        };
        Ok(Self { fields: Mutex::new(fields) })
    }

    // Converts the value before it takes the lock, because the conversion may run Python code.
    fn assign(&self, field: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let path = format!("regime_state.{field}");
        match field {
            "regime" => {
                let regime = read_regime(&path, value)?;
                lock(&self.fields).regime = regime;
            }
            "probabilities" => {
                let probabilities = read_probabilities(&path, value)?;
                let _before = replace(&mut lock(&self.fields).probabilities, probabilities);
            }
            "confidence" => {
                let confidence = read_fraction(&path, value)?;
                lock(&self.fields).confidence = confidence;
            }
            "bias_signal" => {
                let bias_signal = read_signed_fraction(&path, value)?;
                lock(&self.fields).bias_signal = bias_signal;
            }
            "last_update_ts" => {
                let last_update_ts = read_duration(&path, value)?;
                lock(&self.fields).last_update_ts = last_update_ts;
            }
            _ => {
                let observation_count = read_integer(&path, value, 0)?;
                lock(&self.fields).observation_count = observation_count;
            }
        }
        Ok(())
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Values<'py>> {
        let fields = lock(&self.fields);
        let number = fields.regime;
        let rest = (fields.confidence, fields.bias_signal, fields.last_update_ts, fields.observation_count);
        let probabilities = fields.probabilities.bind(py).clone();
        drop(fields);
        Ok((regime(py, number)?, probabilities, rest.0, rest.1, rest.2, rest.3))
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
        regime=Argument::NONE, probabilities=Argument::NONE, confidence=Argument::NONE, bias_signal=Argument::NONE,
        last_update_ts=Argument::NONE, observation_count=Argument::NONE
    ), text_signature = "(regime=1, probabilities=[0.0, 1.0, 0.0], confidence=0.0, bias_signal=0.0, last_update_ts=0.0, observation_count=0)")]
    fn new(
        py: Python<'_>,
        regime: Argument<'_>,
        probabilities: Argument<'_>,
        confidence: Argument<'_>,
        bias_signal: Argument<'_>,
        last_update_ts: Argument<'_>,
        observation_count: Argument<'_>,
    ) -> PyResult<Self> {
        let state = Self::initial(py)?;
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
        let number = lock(&self.fields).regime;
        regime(py, number)
    }

    #[setter]
    fn set_regime(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("regime", value)
    }

    #[getter]
    fn probabilities<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        lock(&self.fields).probabilities.bind(py).clone()
    }

    #[setter]
    fn set_probabilities(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("probabilities", value)
    }

    #[getter]
    fn confidence(&self) -> f64 {
        lock(&self.fields).confidence
    }

    #[setter]
    fn set_confidence(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("confidence", value)
    }

    #[getter]
    fn bias_signal(&self) -> f64 {
        lock(&self.fields).bias_signal
    }

    #[setter]
    fn set_bias_signal(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("bias_signal", value)
    }

    #[getter]
    fn last_update_ts(&self) -> f64 {
        lock(&self.fields).last_update_ts
    }

    #[setter]
    fn set_last_update_ts(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("last_update_ts", value)
    }

    #[getter]
    fn observation_count(&self) -> usize {
        lock(&self.fields).observation_count
    }

    #[setter]
    fn set_observation_count(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign("observation_count", value)
    }

    /// Return the state as plain data, ready for JSON: keys in field order, the regime as an int, the list copied.
    pub fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (_, probabilities, confidence, bias_signal, last_update_ts, observation_count) =
            self.values(py)?;
        let data = PyDict::new(py);
        data.set_item(FIELDS[0], lock(&self.fields).regime)?;
        data.set_item(FIELDS[1], PyList::new(py, probabilities.iter())?)?;
        data.set_item(FIELDS[2], confidence)?;
        data.set_item(FIELDS[3], bias_signal)?;
        data.set_item(FIELDS[4], last_update_ts)?;
        data.set_item(FIELDS[5], observation_count)?;
        Ok(data)
    }

    /// Read a state from plain data: unknown keys are ignored, missing ones take the defaults.
    ///
    /// Raises `ValueError` if `d` is not a mapping, or for the first invalid value in field order.
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
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !other.get_type().is(slf.get_type()) {
            return Ok(py.NotImplemented());
        }
        let others = other.cast::<Self>()?.get().values(py)?.into_pyobject(py)?;
        let own = slf.get().values(py)?.into_pyobject(py)?;
        Ok(own.rich_compare(others, op)?.unbind())
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        let values = slf.get().values(slf.py())?.into_pyobject(slf.py())?;
        record_repr(slf.as_any(), &FIELDS, &values)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let values = slf.get().values(slf.py())?.into_pyobject(slf.py())?;
        record_reduce(slf.as_any(), &values)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&lock(&self.fields).probabilities)
    }

    fn __clear__(&self, py: Python<'_>) {
        let _before = replace(&mut lock(&self.fields).probabilities, PyList::empty(py).unbind());
    }
}
