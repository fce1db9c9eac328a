//! The regimes and the features of a candle. Reference: `detector/types.py`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use super::checks::read_finite;
use crate::features::N_FEATURES;

static REGIME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// `Regime`, a true `IntEnum`, as the reference's is.
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

/// The member of a value.
pub fn regime(py: Python<'_>, value: usize) -> PyResult<Bound<'_, PyAny>> {
    regime_class(py)?.call1((value,))
}

/// The features of one candle, all finite and without unit. Raises `ValueError` for anything else.
#[pyclass(module = "doge_hmm", eq)]
#[derive(Clone, PartialEq)]
pub struct IndicatorSnapshot {
    /// In the price's unit a candle: the one feature that is not relative.
    #[pyo3(get)]
    macd_hist_slope: f64,
    /// A fraction, despite its name: 0.01 is one percent.
    #[pyo3(get)]
    ema_spread_pct: f64,
    /// From -1 (RSI 0) to 1 (RSI 100).
    #[pyo3(get)]
    rsi_zone: f64,
    /// 1 is the usual volume.
    #[pyo3(get)]
    volume_ratio: f64,
}

impl IndicatorSnapshot {
    /// Of one row of features.
    pub fn of(row: &[f64]) -> Self {
        Self { macd_hist_slope: row[0], ema_spread_pct: row[1], rsi_zone: row[2], volume_ratio: row[3] }
    }

    fn values(&self) -> [f64; N_FEATURES] {
        [self.macd_hist_slope, self.ema_spread_pct, self.rsi_zone, self.volume_ratio]
    }
}

#[pymethods]
impl IndicatorSnapshot {
    #[classattr]
    #[allow(non_upper_case_globals)] // Python's name
    const __match_args__: (&'static str, &'static str, &'static str, &'static str) =
        ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio");
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
        Ok(Self {
            macd_hist_slope: read_finite("indicator_snapshot.macd_hist_slope", macd_hist_slope)?,
            ema_spread_pct: read_finite("indicator_snapshot.ema_spread_pct", ema_spread_pct)?,
            rsi_zone: read_finite("indicator_snapshot.rsi_zone", rsi_zone)?,
            volume_ratio: read_finite("indicator_snapshot.volume_ratio", volume_ratio)?,
        })
    }

    #[setter]
    fn set_macd_hist_slope(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.macd_hist_slope = read_finite("indicator_snapshot.macd_hist_slope", value)?;
        Ok(())
    }

    #[setter]
    fn set_ema_spread_pct(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.ema_spread_pct = read_finite("indicator_snapshot.ema_spread_pct", value)?;
        Ok(())
    }

    #[setter]
    fn set_rsi_zone(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.rsi_zone = read_finite("indicator_snapshot.rsi_zone", value)?;
        Ok(())
    }

    #[setter]
    fn set_volume_ratio(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.volume_ratio = read_finite("indicator_snapshot.volume_ratio", value)?;
        Ok(())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = Vec::with_capacity(N_FEATURES);
        let names = Self::__match_args__;
        for (name, value) in [names.0, names.1, names.2, names.3].iter().zip(self.values()) {
            parts.push(format!("{name}={}", super::logging::repr(py, value)?));
        }
        Ok(format!("IndicatorSnapshot({})", parts.join(", ")))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (f64, f64, f64, f64)) {
        let [a, b, c, d] = self.values();
        (py.get_type::<Self>(), (a, b, c, d))
    }
}
