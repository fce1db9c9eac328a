//! The settings of the detector: their defaults, ranges and checks. Reference: `detector/config.py`.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::checks::{
    given, integer_or_none, read_duration, read_finite, read_fraction, read_integer, read_mapping, refusal,
};

/// The settings that can vary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// The largest number of EM rounds.
    pub n_iter: usize,
    /// The number of rows that inference uses.
    pub inference_window: usize,
    /// The confidence from which on there is a bias.
    pub confidence_threshold: f64,
    /// The age in seconds from which on a model should be retrained.
    pub retrain_interval_sec: f64,
    /// The number of rows that training needs.
    pub min_train_samples: usize,
    /// The factor from the difference of probabilities to the bias.
    pub bias_gain: f64,
    /// The blend factor of the bot; the detector does not use it.
    pub blend_with_trend: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            n_iter: 100,
            inference_window: 50,
            confidence_threshold: 0.15,
            retrain_interval_sec: 86400.0,
            min_train_samples: 500,
            bias_gain: 1.0,
            blend_with_trend: 0.5,
        }
    }
}

const NAMES: [&str; 9] = [
    "HMM_N_STATES",
    "HMM_N_ITER",
    "HMM_COVARIANCE_TYPE",
    "HMM_INFERENCE_WINDOW",
    "HMM_CONFIDENCE_THRESHOLD",
    "HMM_RETRAIN_INTERVAL_SEC",
    "HMM_MIN_TRAIN_SAMPLES",
    "HMM_BIAS_GAIN",
    "HMM_BLEND_WITH_TREND",
];

impl Config {
    /// The defaults with the given settings in place of them.
    ///
    /// Raises `ValueError` that names the first setting out of range, or else the first unknown one.
    pub fn read(config: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut settings = Self::default();
        let Some(config) = config else { return Ok(settings) };
        let mapping = read_mapping("config", config)?;
        for name in NAMES {
            if let Some(value) = given(mapping, name)? {
                settings.set(name, &value)?;
            }
        }
        for name in mapping.try_iter()? {
            let name = name?;
            let known = name.cast::<PyString>().is_ok_and(|text| NAMES.iter().any(|known| *text == *known));
            if !known {
                // As an f-string formats the name.
                let builtins = name.py().import(intern!(name.py(), "builtins"))?;
                let text = builtins.call_method1(intern!(name.py(), "format"), (&name,))?;
                let text = text.add(": is no setting of the detector")?;
                return Err(PyValueError::new_err(text.unbind()));
            }
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match name {
            "HMM_N_STATES" if integer_or_none(value)? != Some(3) => return Err(refusal(name, "3", value)),
            "HMM_N_STATES" => {}
            "HMM_COVARIANCE_TYPE" if !value.cast::<PyString>().is_ok_and(|text| *text == *"diag") => {
                return Err(refusal(name, "'diag'", value));
            }
            "HMM_COVARIANCE_TYPE" => {}
            "HMM_N_ITER" => self.n_iter = read_integer(name, value, 1)?,
            "HMM_INFERENCE_WINDOW" => self.inference_window = read_integer(name, value, 1)?,
            "HMM_CONFIDENCE_THRESHOLD" => self.confidence_threshold = read_fraction(name, value)?,
            "HMM_RETRAIN_INTERVAL_SEC" => self.retrain_interval_sec = read_duration(name, value)?,
            "HMM_MIN_TRAIN_SAMPLES" => self.min_train_samples = read_integer(name, value, 1)?,
            "HMM_BIAS_GAIN" => self.bias_gain = read_finite(name, value)?,
            _ => self.blend_with_trend = read_fraction(name, value)?,
        }
        Ok(())
    }

    /// The settings as a dict in the order of the defaults.
    pub fn to_dict(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let data = PyDict::new(py);
        data.set_item(NAMES[0], 3)?;
        data.set_item(NAMES[1], self.n_iter)?;
        data.set_item(NAMES[2], "diag")?;
        data.set_item(NAMES[3], self.inference_window)?;
        data.set_item(NAMES[4], self.confidence_threshold)?;
        data.set_item(NAMES[5], self.retrain_interval_sec)?;
        data.set_item(NAMES[6], self.min_train_samples)?;
        data.set_item(NAMES[7], self.bias_gain)?;
        data.set_item(NAMES[8], self.blend_with_trend)?;
        Ok(data)
    }
}
