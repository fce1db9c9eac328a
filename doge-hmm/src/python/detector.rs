//! `RegimeDetector`. Reference: `detector/regime_detector.py`.

use numpy::PyArray1;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arrays::Candles;
use super::checks::{now, read_duration};
use super::config::Config;
use super::features::FeatureExtractor;
use super::logging::{warn, Speaker};
use super::model::to_gaussian_hmm;
use super::pickling::{from_plain, to_plain};
use super::state::RegimeState;
use super::telling::tell;
use super::types::{regime, IndicatorSnapshot};
use crate::features::N_FEATURES;
use crate::regime::{judge, train, InferenceError, Model, N_STATES};

/// Tells the regime of a market from closes and volumes, oldest first.
///
/// `state` is what it said last, `last_observation` the features of the last candle that it was shown (None before the first).
/// The settings are fixed once it is made: `cfg` and `DEFAULT_CONFIG` are dicts to read. Raises `ValueError` that names the
/// setting if one is unknown or out of range.
#[pyclass(module = "doge_hmm", subclass, dict, weakref)]
pub struct RegimeDetector {
    pub(super) config: Config,
    #[pyo3(get, set)]
    pub(super) state: Py<PyAny>,
    #[pyo3(get, set)]
    pub(super) last_observation: Py<PyAny>,
    pub(super) extractor: Py<FeatureExtractor>,
    pub(super) model: Option<Model>,
    pub(super) last_train_ts: f64,
}

#[pymethods]
impl RegimeDetector {
    #[classattr]
    #[allow(non_snake_case)] // the reference's name
    fn DEFAULT_CONFIG(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        Config::default().to_dict(py)
    }

    #[new]
    #[pyo3(signature = (config=None))]
    fn new(py: Python<'_>, config: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        Ok(Self {
            config: Config::read(config)?,
            state: Py::new(py, RegimeState::initial(py)?)?.into_any(),
            last_observation: py.None(),
            extractor: Py::new(py, FeatureExtractor::default())?,
            model: None,
            last_train_ts: 0.0,
        })
    }

    /// The settings, in the order of `DEFAULT_CONFIG`; a copy.
    #[getter]
    fn cfg<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.config.to_dict(py)
    }

    /// How likely each regime follows each: row and column in the order of `Regime`, whatever the model's own order.
    ///
    /// None until training succeeds. A new list at every read.
    #[getter]
    fn transmat(&self) -> Option<Vec<Vec<f64>>> {
        self.model.as_ref().map(|model| model.transmat().iter().map(|row| row.to_vec()).collect())
    }

    /// Fit the model to history; True if there is a new one.
    ///
    /// Too few observations, or a fit that fails, are logged; the model that was there stays. Raises `ValueError` for what
    /// is no pair of series (`FeatureExtractor.extract`).
    fn train(slf: &Bound<'_, Self>, closes: &Bound<'_, PyAny>, volumes: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = slf.py();
        let observations = Self::observe(slf, closes, volumes)?;
        let config = slf.borrow().config;
        let (n, needed) = (observations.len() / N_FEATURES, config.min_train_samples);
        if n < needed {
            let text = format!("training needs at least {needed} observations, got {n}; nothing changed");
            warn(py, Speaker::Detector, &text)?;
            return Ok(false);
        }
        let training = py.detach(|| train(&observations, config.n_iter));
        tell(py, &training, observations.len())?;
        match training.model {
            Ok(model) => {
                let time = slf.call_method0(intern!(py, "_now"))?.extract()?;
                let mut detector = slf.borrow_mut();
                detector.model = Some(model);
                detector.last_train_ts = time;
                Ok(true)
            }
            Err(error) => {
                warn(py, Speaker::Detector, &format!("training failed, the previous model stays: {error}"))?;
                Ok(false)
            }
        }
    }

    /// The state after the last of these candles; also kept as `state`.
    ///
    /// The state that was there comes back itself if the detector is untrained, if no candle has all features, or if
    /// inference fails, which is logged. Raises `ValueError` for what is no pair of series.
    fn update(
        slf: &Bound<'_, Self>,
        closes: &Bound<'_, PyAny>,
        volumes: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let observations = Self::observe(slf, closes, volumes)?;
        let Some(last) = observations.chunks_exact(N_FEATURES).next_back() else {
            return Ok(slf.borrow().state.clone_ref(py));
        };
        let snapshot = Py::new(py, IndicatorSnapshot::of(last))?.into_any();
        slf.borrow_mut().last_observation = snapshot;
        let inferred = {
            let detector = slf.borrow();
            let Some(model) = &detector.model else { return Ok(detector.state.clone_ref(py)) };
            detector.infer(model, &observations)
        };
        match inferred {
            Ok((probabilities, count)) => {
                let time: f64 = slf.call_method0(intern!(py, "_now"))?.extract()?;
                let config = slf.borrow().config;
                let verdict = judge(&probabilities, config.confidence_threshold, config.bias_gain);
                let state =
                    Py::new(py, RegimeState::of(py, probabilities, verdict, time, count)?)?.into_any();
                slf.borrow_mut().state = state.clone_ref(py);
                Ok(state)
            }
            Err(error) => {
                warn(py, Speaker::Detector, &format!("inference failed, the previous state stays: {error}"))?;
                Ok(slf.borrow().state.clone_ref(py))
            }
        }
    }

    /// Whether the model is missing, or as old as HMM_RETRAIN_INTERVAL_SEC.
    fn needs_retrain(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if slf.borrow().model.is_none() {
            return Ok(true);
        }
        let time: f64 = slf.call_method0(intern!(slf.py(), "_now"))?.extract()?;
        let detector = slf.borrow();
        Ok(time - detector.last_train_ts >= detector.config.retrain_interval_sec)
    }

    /// Seconds since 1970; a method, so that whoever tests can replace the clock.
    fn _now(&self, py: Python<'_>) -> PyResult<f64> {
        now(py)
    }

    #[getter]
    fn _model(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let built = self.model.as_ref().map(|model| to_gaussian_hmm(py, model, self.config.n_iter));
        Ok(built.transpose()?.map(Bound::unbind))
    }

    #[getter]
    fn _label_map<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(model) = &self.model else { return Ok(None) };
        let labels = PyDict::new(py);
        for (state, &label) in model.labels.iter().enumerate() {
            labels.set_item(state, regime(py, label)?)?;
        }
        Ok(Some(labels))
    }

    #[getter]
    fn _obs_mean<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.model.as_ref().map(|model| PyArray1::from_slice(py, &model.mean))
    }

    #[getter]
    fn _obs_std<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.model.as_ref().map(|model| PyArray1::from_slice(py, &model.deviation))
    }

    #[getter]
    fn _trained(&self) -> bool {
        self.model.is_some()
    }

    #[getter]
    fn _last_train_ts(&self) -> f64 {
        self.last_train_ts
    }

    #[setter(_last_train_ts)]
    fn set_last_train_ts(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.last_train_ts = read_duration("_last_train_ts", value)?;
        Ok(())
    }

    #[getter]
    fn _extractor(&self, py: Python<'_>) -> Py<FeatureExtractor> {
        self.extractor.clone_ref(py)
    }

    #[setter(_extractor)]
    fn set_extractor(&mut self, value: Py<FeatureExtractor>) {
        self.extractor = value;
    }

    fn __getstate__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        to_plain(slf)
    }

    fn __setstate__(slf: &Bound<'_, Self>, plain: &Bound<'_, PyDict>) -> PyResult<()> {
        from_plain(slf, plain)
    }
}

impl RegimeDetector {
    fn observe(
        slf: &Bound<'_, Self>,
        closes: &Bound<'_, PyAny>,
        volumes: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<f64>> {
        let candles = Candles::read(closes, volumes)?;
        let extractor = slf.borrow().extractor.clone_ref(slf.py());
        extractor.get().rows(slf.py(), &candles)
    }

    // The probabilities of the regimes, and how many rows they rest on.
    fn infer(&self, model: &Model, observations: &[f64]) -> Result<([f64; N_STATES], usize), InferenceError> {
        let n = observations.len() / N_FEATURES;
        let count = n.min(self.config.inference_window);
        let probabilities = model.probabilities(&observations[(n - count) * N_FEATURES..])?;
        Ok((probabilities, count))
    }
}
