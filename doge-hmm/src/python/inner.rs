//! What a detector holds.

use std::sync::Arc;

use pyo3::prelude::*;

use super::config::Config;
use super::features::FeatureExtractor;
use super::state::RegimeState;
use crate::regime::Model;

/// All that a detector knows.
pub struct Inner {
    /// The settings.
    pub config: Config,
    /// What it said last.
    pub state: Py<PyAny>,
    /// The features of the last candle that it was shown, or None.
    pub last_observation: Py<PyAny>,
    /// What makes features of candles.
    pub extractor: Py<FeatureExtractor>,
    /// What training came to.
    pub model: Option<Arc<Model>>,
    /// When that was.
    pub last_train_ts: f64,
}

impl Inner {
    /// Untrained.
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

    /// The same things once more.
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
