//! `RegimeDetector`. Reference: `detector/regime_detector.py`.

use std::mem::replace;
use std::sync::{Arc, Mutex};

use numpy::PyArray1;
use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::arrays::Candles;
use super::checks::{now, read_duration};
use super::config::Config;
use super::features::FeatureExtractor;
use super::fit_warnings::log_fit_warnings;
use super::inner::Inner;
use super::interruption::{computed, interruptible};
use super::lock::lock;
use super::logging::{warn, warn_of, Logger};
use super::model::to_gaussian_hmm;
use super::pickling::{from_plain, restore_attributes, to_plain};
use super::state::RegimeState;
use super::types::{regime, IndicatorSnapshot};
use crate::features::N_FEATURES;
use crate::regime::{judge, train, Model};

/// Infers the regime of a market from closes and volumes, oldest first.
///
/// `state` is the result of the last inference, `last_observation` the features of the last candle passed to `update` (None
/// before the first). The settings cannot be changed after construction; `cfg` and `DEFAULT_CONFIG` are dicts to read.
/// Raises `ValueError` that names the setting if one is unknown or out of range.
// The public class in `doge_hmm/detector.py` extends this one with an `__init__` that takes the settings.
#[pyclass(module = "doge_hmm._native", subclass, frozen)]
pub struct RegimeDetector {
    inner: Mutex<Inner>,
}

#[pymethods]
impl RegimeDetector {
    #[classattr]
    #[allow(non_snake_case)] // the reference's name
    fn DEFAULT_CONFIG(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        Config::default().to_dict(py)
    }

    // A subclass may take any arguments, as long as it calls `__init__` with a configuration.
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(
        py: Python<'_>,
        _arguments: &Bound<'_, PyTuple>,
        _keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self { inner: Mutex::new(Inner::new(py, Config::default())?) })
    }

    // Reset the detector to an untrained one with these settings.
    fn _configure(&self, py: Python<'_>, config: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let fresh = Inner::new(py, Config::read(config)?)?;
        let _before = replace(&mut *lock(&self.inner), fresh);
        Ok(())
    }

    /// A copy of the settings, in the order of `DEFAULT_CONFIG`.
    #[getter]
    fn cfg<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.config().to_dict(py)
    }

    #[getter]
    fn state(&self, py: Python<'_>) -> Py<PyAny> {
        lock(&self.inner).state.clone_ref(py)
    }

    #[setter]
    fn set_state(&self, value: Py<PyAny>) {
        let _before = replace(&mut lock(&self.inner).state, value);
    }

    #[getter]
    fn last_observation(&self, py: Python<'_>) -> Py<PyAny> {
        lock(&self.inner).last_observation.clone_ref(py)
    }

    #[setter]
    fn set_last_observation(&self, value: Py<PyAny>) {
        let _before = replace(&mut lock(&self.inner).last_observation, value);
    }

    /// The transition probabilities from the row's regime to the column's, both in the order of `Regime`, not of the model.
    ///
    /// None until training succeeds. Every read returns a new list.
    #[getter]
    fn transmat(&self) -> Option<Vec<Vec<f64>>> {
        self.model().map(|model| model.transmat().iter().map(|row| row.to_vec()).collect())
    }

    /// Fit a new model to history, and return True if that succeeds.
    ///
    /// Too few observations and a fit that fails are logged, and the previous model stays. Raises `ValueError` for closes and
    /// volumes that `FeatureExtractor.extract` refuses.
    // DIFFERENCE: a clock that raises leaves the detector unchanged; the reference then has a new model with the old time.
    fn train(slf: &Bound<'_, Self>, closes: &Bound<'_, PyAny>, volumes: &Bound<'_, PyAny>) -> PyResult<bool> {
        let (py, detector) = (slf.py(), slf.get());
        let observations = detector.observe(py, closes, volumes)?;
        let config = detector.config();
        let (n, needed) = (observations.len() / N_FEATURES, config.min_train_samples);
        if n < needed {
            let text = format!("training needs at least {needed} observations, got {n}; nothing changed");
            warn(py, Logger::Detector, &text)?;
            return Ok(false);
        }
        let training = computed(py, |interrupt| train(&observations, config.n_iter, interrupt))?;
        log_fit_warnings(py, &training, observations.len())?;
        match training.model {
            Ok(model) => {
                let time = slf.call_method0(intern!(py, "_now"))?.extract()?;
                let mut inner = lock(&detector.inner);
                inner.model = Some(Arc::new(model));
                inner.last_train_ts = time;
                Ok(true)
            }
            Err(error) => {
                warn(py, Logger::Detector, &format!("training failed, the previous model stays: {error}"))?;
                Ok(false)
            }
        }
    }

    /// Return the state after the last of these candles, and keep it as `state`.
    ///
    /// The previous state object is returned if the detector is untrained, if no candle has all features, or if inference
    /// fails, which is logged. Raises `ValueError` for closes and volumes that `FeatureExtractor.extract` refuses.
    fn update(
        slf: &Bound<'_, Self>,
        closes: &Bound<'_, PyAny>,
        volumes: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let (py, detector) = (slf.py(), slf.get());
        let observations = detector.observe(py, closes, volumes)?;
        let Some(last) = observations.chunks_exact(N_FEATURES).next_back() else {
            return Ok(detector.state(py));
        };
        detector.set_last_observation(Py::new(py, IndicatorSnapshot::of(last))?.into_any());
        let Some(model) = detector.model() else { return Ok(detector.state(py)) };
        match Self::infer(slf, &model, &observations) {
            Ok(state) => {
                detector.set_state(state.clone_ref(py));
                Ok(state)
            }
            Err(error) if error.is_instance_of::<PyException>(py) => {
                let why = error.value(py).str()?;
                warn_of(py, Logger::Detector, "inference failed, the previous state stays: ", &why)?;
                Ok(detector.state(py))
            }
            Err(error) => Err(error),
        }
    }

    /// Return True if there is no model, or if it is at least HMM_RETRAIN_INTERVAL_SEC old.
    fn needs_retrain(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let detector = slf.get();
        if !detector._trained() {
            return Ok(true);
        }
        let time: f64 = slf.call_method0(intern!(slf.py(), "_now"))?.extract()?;
        let inner = lock(&detector.inner);
        Ok(time - inner.last_train_ts >= inner.config.retrain_interval_sec)
    }

    /// Return the seconds since 1970. A method, so that tests can replace the clock.
    fn _now(&self, py: Python<'_>) -> PyResult<f64> {
        now(py)
    }

    #[getter]
    fn _model(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let (model, n_iter) = (self.model(), self.config().n_iter);
        let built = model.map(|model| to_gaussian_hmm(py, &model, n_iter));
        Ok(built.transpose()?.map(Bound::unbind))
    }

    #[getter]
    fn _label_map<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(model) = self.model() else { return Ok(None) };
        let labels = PyDict::new(py);
        for (state, &label) in model.labels.iter().enumerate() {
            labels.set_item(state, regime(py, label)?)?;
        }
        Ok(Some(labels))
    }

    #[getter]
    fn _obs_mean<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.model().map(|model| PyArray1::from_slice(py, &model.mean))
    }

    #[getter]
    fn _obs_std<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.model().map(|model| PyArray1::from_slice(py, &model.deviation))
    }

    #[getter]
    fn _trained(&self) -> bool {
        lock(&self.inner).model.is_some()
    }

    #[getter]
    fn _last_train_ts(&self) -> f64 {
        lock(&self.inner).last_train_ts
    }

    #[setter(_last_train_ts)]
    fn set_last_train_ts(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let time = read_duration("_last_train_ts", value)?;
        lock(&self.inner).last_train_ts = time;
        Ok(())
    }

    #[getter]
    fn _extractor(&self, py: Python<'_>) -> Py<FeatureExtractor> {
        lock(&self.inner).extractor.clone_ref(py)
    }

    #[setter(_extractor)]
    fn set_extractor(&self, value: Py<FeatureExtractor>) {
        let _before = replace(&mut lock(&self.inner).extractor, value);
    }

    fn __getstate__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let inner = lock(&slf.get().inner).clone_ref(slf.py());
        to_plain(slf.as_any(), &inner)
    }

    fn __setstate__(slf: &Bound<'_, Self>, plain: &Bound<'_, PyDict>) -> PyResult<()> {
        let inner = from_plain(plain)?;
        let _before = replace(&mut *lock(&slf.get().inner), inner);
        restore_attributes(slf.as_any(), plain)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let inner = lock(&self.inner);
        visit.call(&inner.state)?;
        visit.call(&inner.last_observation)?;
        visit.call(&inner.extractor)
    }

    fn __clear__(&self, py: Python<'_>) {
        self.set_state(py.None());
        self.set_last_observation(py.None());
    }
}

impl RegimeDetector {
    fn config(&self) -> Config {
        lock(&self.inner).config
    }

    fn model(&self) -> Option<Arc<Model>> {
        lock(&self.inner).model.clone()
    }

    fn observe(
        &self,
        py: Python<'_>,
        closes: &Bound<'_, PyAny>,
        volumes: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<f64>> {
        let candles = Candles::read(closes, volumes)?;
        self._extractor(py).get().rows(py, candles)
    }

    // The new state, or the exception of a failed inference.
    fn infer(slf: &Bound<'_, Self>, model: &Model, observations: &[f64]) -> PyResult<Py<PyAny>> {
        let (py, config) = (slf.py(), slf.get().config());
        let n = observations.len() / N_FEATURES;
        let count = n.min(config.inference_window);
        let window = &observations[(n - count) * N_FEATURES..];
        let (probabilities, raised) = interruptible(|interrupt| model.probabilities(window, interrupt));
        if let Some(raised) = raised {
            return Err(raised);
        }
        let probabilities = probabilities
            .map_err(|error| PyException::new_err(PyString::new(py, &error.to_string()).unbind()))?;
        let time = read_duration("regime_state.last_update_ts", &slf.call_method0(intern!(py, "_now"))?)?;
        let verdict = judge(&probabilities, config.confidence_threshold, config.bias_gain);
        Ok(Py::new(py, RegimeState::of(py, probabilities, verdict, time, count)?)?.into_any())
    }
}
