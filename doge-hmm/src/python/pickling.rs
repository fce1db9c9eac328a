//! A detector as plain data, for `pickle` and `copy`.

use std::mem::replace;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::checks::read_duration;
use super::config::Config;
use super::detector::RegimeDetector;
use super::held::Held;
use super::lock::lock;
use super::model::{parameters_of, to_arrays};
use crate::features::N_FEATURES;
use crate::regime::{Model, N_STATES};

/// All that a detector holds, whatever a subclass added included.
pub fn to_plain<'py>(detector: &Bound<'py, RegimeDetector>) -> PyResult<Bound<'py, PyDict>> {
    let py = detector.py();
    let plain = PyDict::new(py);
    let held = lock(&detector.get().held).clone_ref(py);
    plain.set_item("config", held.config.to_dict(py)?)?;
    plain.set_item("state", &held.state)?;
    plain.set_item("last_observation", &held.last_observation)?;
    plain.set_item("extractor", &held.extractor)?;
    plain.set_item("last_train_ts", held.last_train_ts)?;
    if let Some(model) = &held.model {
        plain.set_item("model", to_arrays(py, model.parameters.clone())?)?;
        plain.set_item("log_likelihoods", model.log_likelihoods.clone())?;
        plain.set_item("labels", model.labels.to_vec())?;
        plain.set_item("mean", model.mean.to_vec())?;
        plain.set_item("deviation", model.deviation.to_vec())?;
    }
    if let Some(attributes) = detector.getattr_opt("__dict__")? {
        plain.set_item("attributes", attributes.call_method0("copy")?)?;
    }
    Ok(plain)
}

/// Take it all back. Raises `KeyError` or `ValueError` for what `to_plain` did not give.
pub fn from_plain(detector: &Bound<'_, RegimeDetector>, plain: &Bound<'_, PyDict>) -> PyResult<()> {
    let value = |name: &str| plain.as_any().get_item(name);
    let config = Config::read(Some(&value("config")?))?;
    let model = if plain.contains("model")? { Some(Arc::new(read_model(plain)?)) } else { None };
    let held = Held {
        config,
        state: value("state")?.unbind(),
        last_observation: value("last_observation")?.unbind(),
        extractor: value("extractor")?.extract()?,
        model,
        last_train_ts: read_duration("last_train_ts", &value("last_train_ts")?)?,
    };
    let _before = replace(&mut *lock(&detector.get().held), held);
    if plain.contains("attributes")? {
        detector.getattr("__dict__")?.call_method1("update", (value("attributes")?,))?;
    }
    Ok(())
}

fn read_model(plain: &Bound<'_, PyDict>) -> PyResult<Model> {
    let value = |name: &str| plain.as_any().get_item(name);
    let parameters = parameters_of(&value("model")?, N_FEATURES)?;
    let labels: [usize; N_STATES] = value("labels")?.extract()?;
    if parameters.k != N_STATES || labels.iter().any(|&label| label >= N_STATES) {
        return Err(PyValueError::new_err("the pickled model is no model of a detector"));
    }
    Ok(Model {
        parameters,
        log_likelihoods: value("log_likelihoods")?.extract()?,
        labels,
        mean: value("mean")?.extract()?,
        deviation: value("deviation")?.extract()?,
    })
}
