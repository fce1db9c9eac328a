//! Conversion of a detector to plain data and back, for `pickle` and `copy`.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::checks::read_duration;
use super::config::Config;
use super::inner::Inner;
use super::model::{parameters_of, to_arrays};
use crate::features::N_FEATURES;
use crate::regime::{Model, N_STATES};

/// The detector's inner state as a dict, with the attributes that a subclass or a caller added under `attributes`.
pub fn to_plain<'py>(detector: &Bound<'py, PyAny>, inner: &Inner) -> PyResult<Bound<'py, PyDict>> {
    let py = detector.py();
    let plain = PyDict::new(py);
    plain.set_item("config", inner.config.to_dict(py)?)?;
    plain.set_item("state", &inner.state)?;
    plain.set_item("last_observation", &inner.last_observation)?;
    plain.set_item("extractor", &inner.extractor)?;
    plain.set_item("last_train_ts", inner.last_train_ts)?;
    if let Some(model) = &inner.model {
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

/// Read the inner state back from what `to_plain` returned.
///
/// Raises `KeyError` for a missing key and `ValueError` for a value that `to_plain` cannot have written.
pub fn from_plain(plain: &Bound<'_, PyDict>) -> PyResult<Inner> {
    let value = |name: &str| plain.as_any().get_item(name);
    let config = Config::read(Some(&value("config")?))?;
    let model = if plain.contains("model")? { Some(Arc::new(read_model(plain)?)) } else { None };
    Ok(Inner {
        config,
        state: value("state")?.unbind(),
        last_observation: value("last_observation")?.unbind(),
        extractor: value("extractor")?.extract()?,
        model,
        last_train_ts: read_duration("last_train_ts", &value("last_train_ts")?)?,
    })
}

/// Give the detector the attributes that `to_plain` found on it, if there were any.
pub fn restore_attributes(detector: &Bound<'_, PyAny>, plain: &Bound<'_, PyDict>) -> PyResult<()> {
    if plain.contains("attributes")? {
        let attributes = plain.as_any().get_item("attributes")?;
        detector.getattr("__dict__")?.call_method1("update", (attributes,))?;
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
