//! `FeatureExtractor`. Reference: `detector/features.py`.

use std::hash::{DefaultHasher, Hash, Hasher};

use numpy::PyArray2;
use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString, PyTuple};

use super::arrays::{matrix, Candles};
use super::checks::read_integer;
use super::interruption::{answered, computed};
use super::record::{record_reduce, record_repr, Argument};
use crate::features::{Periods, N_FEATURES};
use crate::interrupt::Interrupt;

const FIELDS: [&str; 7] = [
    "fast_ema_periods",
    "slow_ema_periods",
    "macd_fast",
    "macd_slow",
    "macd_signal",
    "rsi_period",
    "volume_avg_period",
];

// The number of candles from which on the interpreter's lock is released: they take about 100 microseconds.
const DETACH_MIN_CANDLES: usize = 8192;

/// Computes features from closes and volumes.
///
/// Every period is a number of candles. Raises `ValueError` for a period that is not an integer of at least 1.
// DIFFERENCE: a subclass whose constructor takes other arguments must define `__new__`.
#[pyclass(module = "doge_hmm", frozen, subclass)]
#[derive(Clone, Default, PartialEq, Hash)]
pub struct FeatureExtractor {
    /// The periods, in candles.
    pub periods: Periods,
}

impl FeatureExtractor {
    /// The features, row by row.
    ///
    /// A short series is read in place with the interpreter's lock held, so that no other thread can change the arrays. A long
    /// one is copied, which takes a fraction of the computing time, and the lock is released.
    pub fn rows(&self, py: Python<'_>, candles: Candles<'_>) -> PyResult<Vec<f64>> {
        let (closes, volumes) = (candles.closes()?, candles.volumes()?);
        if closes.len() < DETACH_MIN_CANDLES {
            // A signal handler could change the arrays.
            let never = Interrupt::never();
            return answered((self.periods.extract(closes, volumes, &never), None));
        }
        let (closes, volumes, periods) = (closes.to_vec(), volumes.to_vec(), self.periods);
        drop(candles);
        computed(py, |interrupt| periods.extract(&closes, &volumes, interrupt))
    }

    fn values(&self) -> [usize; 7] {
        let p = &self.periods;
        [
            p.fast_ema_periods,
            p.slow_ema_periods,
            p.macd_fast,
            p.macd_slow,
            p.macd_signal,
            p.rsi_period,
            p.volume_avg_period,
        ]
    }
}

#[pymethods]
impl FeatureExtractor {
    #[classattr]
    #[allow(non_snake_case)] // Python's name
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, FIELDS)
    }

    #[new]
    #[pyo3(signature = (
        fast_ema_periods=Argument::NONE, slow_ema_periods=Argument::NONE, macd_fast=Argument::NONE, macd_slow=Argument::NONE,
        macd_signal=Argument::NONE, rsi_period=Argument::NONE, volume_avg_period=Argument::NONE
    ), text_signature = "(fast_ema_periods=9, slow_ema_periods=21, macd_fast=12, macd_slow=26, macd_signal=9, rsi_period=14, volume_avg_period=20)")]
    fn new(
        fast_ema_periods: Argument<'_>,
        slow_ema_periods: Argument<'_>,
        macd_fast: Argument<'_>,
        macd_slow: Argument<'_>,
        macd_signal: Argument<'_>,
        rsi_period: Argument<'_>,
        volume_avg_period: Argument<'_>,
    ) -> PyResult<Self> {
        let mut p = Periods::default();
        let fields = [
            (&mut p.fast_ema_periods, fast_ema_periods),
            (&mut p.slow_ema_periods, slow_ema_periods),
            (&mut p.macd_fast, macd_fast),
            (&mut p.macd_slow, macd_slow),
            (&mut p.macd_signal, macd_signal),
            (&mut p.rsi_period, rsi_period),
            (&mut p.volume_avg_period, volume_avg_period),
        ];
        for ((period, given), name) in fields.into_iter().zip(FIELDS) {
            if let Some(value) = given.value() {
                *period = read_integer(name, value, 1)?;
            }
        }
        Ok(Self { periods: p })
    }

    #[getter]
    fn fast_ema_periods(&self) -> usize {
        self.periods.fast_ema_periods
    }

    #[getter]
    fn slow_ema_periods(&self) -> usize {
        self.periods.slow_ema_periods
    }

    #[getter]
    fn macd_fast(&self) -> usize {
        self.periods.macd_fast
    }

    #[getter]
    fn macd_slow(&self) -> usize {
        self.periods.macd_slow
    }

    #[getter]
    fn macd_signal(&self) -> usize {
        self.periods.macd_signal
    }

    #[getter]
    fn rsi_period(&self) -> usize {
        self.periods.rsi_period
    }

    #[getter]
    fn volume_avg_period(&self) -> usize {
        self.periods.volume_avg_period
    }

    /// Return the features of each candle that has all four, oldest first: an array of shape (rows, 4).
    ///
    /// Columns: `macd_hist_slope`, `ema_spread_pct`, `rsi_zone`, `volume_ratio`. The first `rsi_period` candles have no row,
    /// nor does a candle with a feature that is not finite. Too few candles give shape (0, 4).
    /// Raises `ValueError` unless both are one-dimensional series of numbers and of equal length.
    fn extract<'py>(
        &self,
        closes: &Bound<'py, PyAny>,
        volumes: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let py = closes.py();
        let candles = Candles::read(closes, volumes)?;
        matrix(py, self.rows(py, candles)?, N_FEATURES)
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
        let equal = other.cast::<Self>()?.get() == slf.get();
        Ok(PyBool::new(py, equal == matches!(op, CompareOp::Eq)).to_owned().into_any().unbind())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        record_repr(slf.as_any(), &FIELDS, &PyTuple::new(slf.py(), slf.get().values())?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        record_reduce(slf.as_any(), &PyTuple::new(slf.py(), slf.get().values())?)
    }
}
