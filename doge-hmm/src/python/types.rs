//! `Regime` and `IndicatorSnapshot`. Reference: `detector/types.py`.

use std::sync::Mutex;

use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::checks::read_finite;
use super::lock::lock;
use super::record::{record_reduce, record_repr};
use crate::features::N_FEATURES;

static REGIME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The class `Regime`, an `IntEnum` as in the reference.
pub fn regime_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let class = REGIME.get_or_try_init(py, || {
        let names = [("BEARISH", 0), ("RANGING", 1), ("BULLISH", 2)];
        let keywords = PyDict::new(py);
        keywords.set_item("module", "doge_hmm")?;
        let class =
            py.import("enum")?.getattr("IntEnum")?.call(("Regime", names.to_vec()), Some(&keywords))?;
        let doc = "The market's regime. The values are also the positions in `RegimeState.probabilities`.";
        class.setattr("__doc__", doc)?;
        PyResult::Ok(class.unbind())
    })?;
    Ok(class.bind(py))
}

/// The member of `Regime` with this value.
pub fn regime(py: Python<'_>, value: usize) -> PyResult<Bound<'_, PyAny>> {
    regime_class(py)?.call1((value,))
}

/// The features of one candle. Raises `ValueError` for a value that is not a finite number.
// DIFFERENCE: a subclass whose constructor takes other arguments must define `__new__`.
#[pyclass(module = "doge_hmm", frozen, subclass)]
pub struct IndicatorSnapshot {
    values: Mutex<[f64; N_FEATURES]>,
}

const FIELDS: [&str; N_FEATURES] = ["macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio"];

impl IndicatorSnapshot {
    /// The snapshot of one row of features.
    pub fn of(row: &[f64]) -> Self {
        Self { values: Mutex::new([row[0], row[1], row[2], row[3]]) }
    }

    fn value(&self, at: usize) -> f64 {
        lock(&self.values)[at]
    }

    fn assign(&self, at: usize, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let number = read_finite(&format!("indicator_snapshot.{}", FIELDS[at]), value)?;
        lock(&self.values)[at] = number;
        Ok(())
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let values = *lock(&self.values);
        PyTuple::new(py, values)
    }
}

#[pymethods]
impl IndicatorSnapshot {
    #[classattr]
    #[allow(non_upper_case_globals)] // Python's name
    const __match_args__: (&'static str, &'static str, &'static str, &'static str) =
        (FIELDS[0], FIELDS[1], FIELDS[2], FIELDS[3]);
    #[classattr]
    #[allow(non_upper_case_globals)] // Python's name
    const __hash__: Option<()> = None;

    #[new]
    fn new(
        macd_hist_slope: &Bound<'_, PyAny>,
        ema_spread_pct: &Bound<'_, PyAny>,
        rsi_zone: &Bound<'_, PyAny>,
        volume_ratio: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let snapshot = Self::of(&[0.0; N_FEATURES]);
        let given = [macd_hist_slope, ema_spread_pct, rsi_zone, volume_ratio];
        for (at, value) in given.into_iter().enumerate() {
            snapshot.assign(at, value)?;
        }
        Ok(snapshot)
    }

    /// In the price's unit per candle: the only feature that is not relative.
    #[getter]
    fn macd_hist_slope(&self) -> f64 {
        self.value(0)
    }

    #[setter]
    fn set_macd_hist_slope(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign(0, value)
    }

    /// A fraction, despite its name: 0.01 is one percent.
    #[getter]
    fn ema_spread_pct(&self) -> f64 {
        self.value(1)
    }

    #[setter]
    fn set_ema_spread_pct(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign(1, value)
    }

    /// From -1 (RSI 0) to 1 (RSI 100).
    #[getter]
    fn rsi_zone(&self) -> f64 {
        self.value(2)
    }

    #[setter]
    fn set_rsi_zone(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign(2, value)
    }

    /// 1 is the average volume.
    #[getter]
    fn volume_ratio(&self) -> f64 {
        self.value(3)
    }

    #[setter]
    fn set_volume_ratio(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.assign(3, value)
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
        let others = other.cast::<Self>()?.get().values(py)?;
        Ok(slf.get().values(py)?.rich_compare(others, op)?.unbind())
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        record_repr(slf.as_any(), &FIELDS, &slf.get().values(slf.py())?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        record_reduce(slf.as_any(), &slf.get().values(slf.py())?)
    }
}
