//! The functions with which the Python class `GaussianHMM` computes. Each releases the interpreter's lock
//! meanwhile, and stops for the exception of a signal handler, KeyboardInterrupt above all.

use numpy::{Element, PyArray1, PyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::arrays::{matrix, Rows};
use super::interruption::{computed, detached};
use super::model::{parameters_of, to_arrays, to_python, Arrays, STATES_MAX};
use crate::interrupt::Interrupted;
use crate::kmeans::{self, Clustering, Real};
use crate::math::baum_welch::{Implementation, Rounds, Updates};
use crate::math::viterbi::viterbi as best_path;
use crate::parameters::{HmmError, Parameters, Precision};
use crate::rng::{seed_of, RandomState};

fn checked_states(k: usize) -> PyResult<usize> {
    if (1..=STATES_MAX).contains(&k) {
        Ok(k)
    } else {
        Err(PyValueError::new_err(format!("n_components: must be from 1 to {STATES_MAX}; got {k}")))
    }
}

fn seeded_rng(seed: i64) -> PyResult<RandomState> {
    let seed = seed_of(seed).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(RandomState::new(seed))
}

fn implementation(name: &str) -> PyResult<Implementation> {
    match name {
        "log" => Ok(Implementation::Log),
        "scaling" => Ok(Implementation::Scaling),
        other => Err(PyValueError::new_err(format!("implementation: expected log or scaling, got {other}"))),
    }
}

// The lengths, if they sum to the number of rows.
fn checked_lengths(lengths: Vec<usize>, n: usize) -> PyResult<Vec<usize>> {
    let sum = lengths.iter().try_fold(0usize, |sum, &length| sum.checked_add(length));
    if sum == Some(n) {
        Ok(lengths)
    } else {
        Err(PyValueError::new_err(format!("lengths array {lengths:?} doesn't sum to {n} samples")))
    }
}

// The sequences of these lengths in rows of `d` features, without empty ones.
fn sequences<'a>(x: &'a [f64], d: usize, lengths: &'a [usize]) -> impl Iterator<Item = &'a [f64]> {
    let mut rest = x;
    lengths.iter().filter(|&&length| length > 0).map(move |&length| {
        let (sequence, behind) = rest.split_at(length * d);
        rest = behind;
        sequence
    })
}

fn precision(single: bool) -> Precision {
    if single {
        Precision::Single
    } else {
        Precision::Double
    }
}

// The parameters in four arrays. `single` is true if the data and the means are float32.
fn read_model(model: &Bound<'_, PyAny>, d: usize, single: bool) -> PyResult<Parameters> {
    Ok(Parameters { differences: precision(single), ..parameters_of(model, d)? })
}

type Distributions<'py> = (Option<Bound<'py, PyArray1<f64>>>, Option<Bound<'py, PyArray2<f64>>>);

/// Draw start probabilities and transition rows from an integer seed as hmmlearn does, each only if requested.
#[pyfunction]
pub fn dirichlets(
    py: Python<'_>,
    seed: i64,
    k: usize,
    start: bool,
    rows: bool,
) -> PyResult<Distributions<'_>> {
    const STEPS_PER_DRAW: usize = 50;
    let (mut rng, k) = (seeded_rng(seed)?, checked_states(k)?);
    let (startprob, transmat) = computed(py, |interrupt| {
        let startprob = start.then(|| rng.dirichlet(k));
        let mut transmat = rows.then(|| Vec::with_capacity(k * k));
        if let Some(values) = &mut transmat {
            for _ in 0..k {
                values.extend(rng.dirichlet(k));
                interrupt.check(k * STEPS_PER_DRAW)?;
            }
        }
        Ok::<_, Interrupted>((startprob, transmat))
    })?;
    let transmat = transmat.map(|values| matrix(py, values, k)).transpose()?;
    Ok((startprob.map(|values| PyArray1::from_vec(py, values)), transmat))
}

/// The number of uniform numbers that k-means draws for `k` clusters.
#[pyfunction]
pub fn draws_of(k: usize) -> PyResult<usize> {
    Ok(kmeans::draws_of(checked_states(k)?))
}

/// The centres of scikit-learn's k-means, in the type of the data, float64 or float32, and the number of clusters with at least
/// one row.
///
/// Takes either an integer seed or the uniform numbers of another generator, as many as `draws_of` returns.
#[pyfunction]
#[pyo3(signature = (x, k, seed=None, uniforms=None))]
pub fn k_means<'py>(
    x: &Bound<'py, PyAny>,
    k: usize,
    seed: Option<i64>,
    uniforms: Option<Vec<f64>>,
) -> PyResult<(Bound<'py, PyAny>, usize)> {
    if x.is_instance_of::<PyArray2<f32>>() {
        let (centres, distinct) = k_means_of::<f32>(x, k, seed, uniforms)?;
        return Ok((centres.into_any(), distinct));
    }
    let (centres, distinct) = k_means_of::<f64>(x, k, seed, uniforms)?;
    Ok((centres.into_any(), distinct))
}

fn k_means_of<'py, T: Element + Real>(
    x: &Bound<'py, PyAny>,
    k: usize,
    seed: Option<i64>,
    uniforms: Option<Vec<f64>>,
) -> PyResult<(Bound<'py, PyArray2<T>>, usize)> {
    let (py, rows, k) = (x.py(), Rows::<T>::read(x)?, checked_states(k)?);
    let d = rows.d;
    let found: Clustering<T> = match (seed, uniforms) {
        (Some(seed), None) => {
            let mut rng = seeded_rng(seed)?;
            computed(py, |interrupt| kmeans::k_means(&rows.values, d, k, || rng.uniform(), interrupt))?
        }
        (None, Some(drawn)) if drawn.len() == kmeans::draws_of(k) => {
            let mut drawn = drawn.into_iter();
            let uniform = || drawn.next().unwrap_or(0.0);
            computed(py, |interrupt| kmeans::k_means(&rows.values, d, k, uniform, interrupt))?
        }
        _ => return Err(PyValueError::new_err("k_means: give a seed, or as many uniforms as draws_of says")),
    };
    Ok((matrix(py, found.centres, d)?, found.distinct))
}

/// What `em` returns: parameters, log-likelihoods, rounds with a zero row, and the exception that ended it.
type Fitted<'py> = (Arrays<'py>, Vec<f64>, Vec<bool>, Option<Py<PyAny>>);

/// Run rounds of EM.
///
/// Returns the parameters after the last whole round, the log-likelihood before each round, for each round true if a transition
/// row then summed to 0, and the exception that ended the rounds early, or None. `single` is true for float32 data,
/// `single_means` if the means are float32 too.
#[pyfunction]
#[pyo3(signature = (x, lengths, model, n_iter, tol, how, params, single=false, single_means=false))]
#[allow(clippy::too_many_arguments)] // one for each of hmmlearn's settings
pub fn em<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
    n_iter: usize,
    tol: f64,
    how: &str,
    params: &str,
    single: bool,
    single_means: bool,
) -> PyResult<Fitted<'py>> {
    let rows = Rows::read(x)?;
    let lengths = checked_lengths(lengths, rows.n)?;
    let mut parameters = read_model(model, rows.d, single && single_means)?;
    let updates = Updates {
        startprob: params.contains('s'),
        transmat: params.contains('t'),
        means: params.contains('m'),
        covars: params.contains('c'),
    };
    let squares = precision(single);
    let rounds = Rounds { n_iter, tol, implementation: implementation(how)?, updates, squares };
    let (history, raised) =
        detached(py, |interrupt| parameters.fit(&rows.values, &lengths, &rounds, interrupt))?;
    let error = raised.or(history.failure.map(to_python));
    let failure = error.map(|error| error.into_value(py).into_any());
    Ok((to_arrays(py, parameters)?, history.log_likelihoods, history.zero_rows, failure))
}

/// The log-likelihood of all sequences, and the posteriors, shape (n, k). `single` is true if data and means are float32.
#[pyfunction]
#[pyo3(signature = (x, lengths, model, how, single=false))]
pub fn score_samples<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
    how: &str,
    single: bool,
) -> PyResult<(f64, Bound<'py, PyArray2<f64>>)> {
    let (rows, how) = (Rows::read(x)?, implementation(how)?);
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, read_model(model, rows.d, single)?);
    let (total, posteriors) = computed(py, |interrupt| {
        let (mut total, mut posteriors) = (0.0, Vec::with_capacity(rows.n * p.k));
        for sequence in sequences(&rows.values, p.d, &lengths) {
            let (log_likelihood, gamma) = p.score_samples(sequence, how, interrupt)?;
            total += log_likelihood;
            posteriors.extend(gamma);
        }
        Ok::<_, HmmError>((total, posteriors))
    })?;
    Ok((total, matrix(py, posteriors, p.k)?))
}

/// The log-likelihood of all sequences. `single` is true if data and means are float32.
#[pyfunction]
#[pyo3(signature = (x, lengths, model, how, single=false))]
pub fn score<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
    how: &str,
    single: bool,
) -> PyResult<f64> {
    let (rows, how) = (Rows::read(x)?, implementation(how)?);
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, read_model(model, rows.d, single)?);
    computed(py, |interrupt| {
        let mut total = 0.0;
        for sequence in sequences(&rows.values, p.d, &lengths) {
            total += p.score(sequence, how, interrupt)?;
        }
        Ok::<_, HmmError>(total)
    })
}

/// The most probable path of every sequence, and the sum of their log-probabilities. `single` is true if data and means are
/// float32.
#[pyfunction]
#[pyo3(signature = (x, lengths, model, single=false))]
pub fn viterbi<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
    single: bool,
) -> PyResult<(f64, Bound<'py, PyArray1<i64>>)> {
    let rows = Rows::read(x)?;
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, read_model(model, rows.d, single)?);
    let (total, path) = computed(py, |interrupt| {
        let (mut total, mut path) = (0.0, Vec::with_capacity(rows.n));
        for sequence in sequences(&rows.values, p.d, &lengths) {
            let (log_probability, states) = best_path(&p, sequence, interrupt)?;
            total += log_probability;
            path.extend(states);
        }
        Ok::<_, Interrupted>((total, path))
    })?;
    Ok((total, PyArray1::from_vec(py, path)))
}

/// The state probabilities of each row given the rows of its sequence up to it, shape (n, k).
#[pyfunction]
pub fn filter_proba<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let rows = Rows::read(x)?;
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, parameters_of(model, rows.d)?);
    let probabilities = computed(py, |interrupt| {
        let mut probabilities = Vec::with_capacity(rows.n * p.k);
        for sequence in sequences(&rows.values, p.d, &lengths) {
            probabilities.extend(p.filter(sequence, interrupt)?);
        }
        Ok::<_, Interrupted>(probabilities)
    })?;
    matrix(py, probabilities, p.k)
}
