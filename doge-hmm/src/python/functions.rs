//! Functions of the public module. Reference: `detector/blending.py` and `detector/snapshot.py`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat};

use super::checks::{given, read_duration, read_mapping, read_number, refusal};
use super::logging::join;
use super::record::Argument;
use super::state::RegimeState;

// Python's `max` and `min`: the first argument, unless the second is strictly larger or smaller.
fn python_max(a: f64, b: f64) -> f64 {
    if b > a {
        b
    } else {
        a
    }
}

fn python_min(a: f64, b: f64) -> f64 {
    if b < a {
        b
    } else {
        a
    }
}

/// Return the share of idle money to aim for; the more bullish trend and detector are together, the lower it is.
///
/// `blend_factor` 1 uses the trend alone, 0 the detector alone. The result is between floor and ceiling, or the floor if that
/// is the higher of the two. Raises `ValueError` that names an argument that is not a number.
#[pyfunction]
#[pyo3(signature = (trend_score, hmm_bias, blend_factor, base_target, sensitivity, floor, ceiling))]
#[allow(clippy::too_many_arguments)] // as many as the reference has
pub fn compute_blended_idle_target(
    trend_score: &Bound<'_, PyAny>,
    hmm_bias: &Bound<'_, PyAny>,
    blend_factor: &Bound<'_, PyAny>,
    base_target: &Bound<'_, PyAny>,
    sensitivity: &Bound<'_, PyAny>,
    floor: &Bound<'_, PyAny>,
    ceiling: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let trend_score = read_number("trend_score", trend_score)?;
    let hmm_bias = read_number("hmm_bias", hmm_bias)?;
    let blend_factor = read_number("blend_factor", blend_factor)?;
    let base_target = read_number("base_target", base_target)?;
    let sensitivity = read_number("sensitivity", sensitivity)?;
    let floor = read_number("floor", floor)?;
    let ceiling = read_number("ceiling", ceiling)?;
    let blended = blend_factor * trend_score + (1.0 - blend_factor) * hmm_bias;
    Ok(python_max(floor, python_min(ceiling, base_target - sensitivity * blended)))
}

/// Return the lean of the grid: `mode`, the factors on the entry spacing of sides a and b, and the skew of sizes or None.
///
/// Accepts any object with `confidence` and `bias_signal`. With a confidence below the threshold the grid is symmetric; from
/// the threshold on, a bias that is not above 0 counts as short. Raises `ValueError` that names a value that is not a number.
#[pyfunction]
#[pyo3(signature = (regime_state, confidence_threshold=Argument::NONE), text_signature = "(regime_state, confidence_threshold=0.15)")]
pub fn compute_grid_bias<'py>(
    py: Python<'py>,
    regime_state: &Bound<'py, PyAny>,
    confidence_threshold: Argument<'py>,
) -> PyResult<Bound<'py, PyDict>> {
    let confidence = read_number("regime_state.confidence", &regime_state.getattr("confidence")?)?;
    let bias = read_number("regime_state.bias_signal", &regime_state.getattr("bias_signal")?)?;
    let threshold = match confidence_threshold.value() {
        Some(value) => read_number("confidence_threshold", value)?,
        None => 0.15,
    };
    if confidence < threshold {
        return grid(py, "symmetric", 1.0, 1.0, None);
    }
    let strength = bias.abs();
    let wider = 1.0 + strength * 0.5;
    let tighter = python_max(0.6, 1.0 - strength * 0.3);
    if bias > 0.0 {
        grid(py, "long_bias", wider, tighter, Some(python_min(0.30, strength * 0.3)))
    } else {
        grid(py, "short_bias", tighter, wider, Some(python_max(-0.30, -strength * 0.3)))
    }
}

fn grid<'py>(
    py: Python<'py>,
    mode: &str,
    spacing_a: f64,
    spacing_b: f64,
    skew: Option<f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let bias = PyDict::new(py);
    bias.set_item("mode", mode)?;
    bias.set_item("entry_spacing_mult_a", spacing_a)?;
    bias.set_item("entry_spacing_mult_b", spacing_b)?;
    bias.set_item("size_skew_override", skew)?;
    Ok(bias)
}

/// Return the detector's part of the bot's snapshot as plain data, ready for JSON.
#[pyfunction]
pub fn serialize_for_snapshot<'py>(detector: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let snapshot = PyDict::new(detector.py());
    snapshot.set_item("_hmm_regime_state", detector.getattr("state")?.call_method0("to_dict")?)?;
    snapshot.set_item("_hmm_last_train_ts", detector.getattr("_last_train_ts")?)?;
    snapshot.set_item("_hmm_trained", detector.getattr("_trained")?)?;
    Ok(snapshot)
}

/// Set the detector's state and time of training from a snapshot.
///
/// A snapshot does not contain the model, so an untrained detector stays untrained until `train` succeeds, whatever
/// `_hmm_trained` says. Other keys are ignored; a missing key changes nothing. Raises `ValueError` that names the key of a
/// malformed value, and changes nothing then.
// As in the reference, any object with the two attributes is accepted.
#[pyfunction]
pub fn restore_from_snapshot(detector: &Bound<'_, PyAny>, snapshot: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = detector.py();
    let mapping = read_mapping("snapshot", snapshot)?;
    let mut state = detector.getattr("state")?;
    let mut last_train_ts = detector.getattr("_last_train_ts")?;
    if let Some(data) = given(mapping, "_hmm_regime_state")? {
        let read = RegimeState::from_dict(&py.get_type::<RegimeState>(), &data);
        state = read.map_err(|error| in_snapshot(py, error))?;
    }
    if let Some(value) = given(mapping, "_hmm_last_train_ts")? {
        last_train_ts = PyFloat::new(py, read_duration("_hmm_last_train_ts", &value)?).into_any();
    }
    if let Some(value) = given(mapping, "_hmm_trained")? {
        if !value.is_instance_of::<PyBool>() {
            return Err(refusal("_hmm_trained", "True or False", &value));
        }
    }
    detector.setattr("state", state)?;
    detector.setattr("_last_train_ts", last_train_ts)
}

// The message begins with `regime_state`; in a snapshot the key is `_hmm_regime_state`.
fn in_snapshot(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyValueError>(py) {
        return error;
    }
    match error.value(py).str().and_then(|text| join("_hmm_", &text)) {
        Ok(text) => PyValueError::new_err(text.unbind()),
        Err(other) => other,
    }
}
