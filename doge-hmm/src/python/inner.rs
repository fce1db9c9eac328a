//! The fields of a detector.

use std::sync::Arc;

use pyo3::prelude::*;

use super::config::Config;
use super::features::FeatureExtractor;
use super::state::RegimeState;
use crate::regime::Model;

/// The fields of a detector, behind its lock.
pub struct Inner {
    /// The settings.
    pub config: Config,
    /// The state of the last inference, a `RegimeState` unless a caller assigned another object.
    pub state: Py<PyAny>,
    /// The features of the last candle passed to `update`, or None.
    pub last_observation: Py<PyAny>,
    /// The extractor of features from candles.
    pub extractor: Py<FeatureExtractor>,
    /// The trained model, if there is one.
    pub model: Option<Arc<Model>>,
    /// The time of the last training in seconds since 1970; 0 before the first.
    pub last_train_ts: f64,
}

impl Inner {
    /// The fields of an untrained detector.
    pub fn new(py: Python<'_>, config: Config) -> PyResult<Self> {
        Ok(Self {
            config,
            state: Py::new(py, RegimeState::initial(py)?)?.into_any(),
            last_observation: py.None(),
            extractor: Py::new(py, FeatureExtractor::default())?,
            model: None,
            last_train_ts: 0.0,
        })
    }

    /// Copy the fields, with new references to the same Python objects.
    pub fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            config: self.config,
            state: self.state.clone_ref(py),
            last_observation: self.last_observation.clone_ref(py),
            extractor: self.extractor.clone_ref(py),
            model: self.model.clone(),
            last_train_ts: self.last_train_ts,
        }
    }
}
