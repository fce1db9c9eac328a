//! The functions with which the Python class `GaussianHMM` computes. Each releases the interpreter's lock meanwhile.

use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::arrays::{matrix, Rows};
use super::model::{parameters_of, to_arrays, to_python, Arrays, STATES_MAX};
use crate::kmeans;
use crate::math::baum_welch::{Implementation, Rounds, Updates};
use crate::math::statistics::Squares;
use crate::math::viterbi::viterbi as best_path;
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
    let (mut rng, k) = (seeded_rng(seed)?, checked_states(k)?);
    let (startprob, transmat) = py.detach(|| {
        let startprob = start.then(|| rng.dirichlet(k));
        let transmat: Option<Vec<f64>> = rows.then(|| (0..k).flat_map(|_| rng.dirichlet(k)).collect());
        (startprob, transmat)
    });
    let transmat = transmat.map(|values| matrix(py, values, k)).transpose()?;
    Ok((startprob.map(|values| PyArray1::from_vec(py, values)), transmat))
}

/// The number of uniform numbers that k-means draws for `k` clusters.
#[pyfunction]
pub fn draws_of(k: usize) -> PyResult<usize> {
    Ok(kmeans::draws_of(checked_states(k)?))
}

/// The centres of scikit-learn's k-means, and the number of clusters with at least one row.
///
/// Takes either an integer seed or the uniform numbers of another generator, as many as `draws_of` returns.
#[pyfunction]
#[pyo3(signature = (x, k, seed=None, uniforms=None))]
pub fn k_means<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    k: usize,
    seed: Option<i64>,
    uniforms: Option<Vec<f64>>,
) -> PyResult<(Bound<'py, PyArray2<f64>>, usize)> {
    let (rows, k) = (Rows::read(x)?, checked_states(k)?);
    let d = rows.d;
    let clustering = match (seed, uniforms) {
        (Some(seed), None) => {
            let mut rng = seeded_rng(seed)?;
            py.detach(|| kmeans::k_means(&rows.values, d, k, || rng.uniform()))
        }
        (None, Some(drawn)) if drawn.len() == kmeans::draws_of(k) => py.detach(|| {
            let mut drawn = drawn.into_iter();
            kmeans::k_means(&rows.values, d, k, || drawn.next().unwrap_or(0.0))
        }),
        _ => return Err(PyValueError::new_err("k_means: give a seed, or as many uniforms as draws_of says")),
    };
    let found = clustering.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((matrix(py, found.centres, d)?, found.distinct))
}

/// Run rounds of EM.
///
/// Returns the new parameters, the log-likelihood before each round, and for each round true if a transition row then summed
/// to 0.
#[pyfunction]
#[pyo3(signature = (x, lengths, model, n_iter, tol, how, params, single=false))]
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
) -> PyResult<(Arrays<'py>, Vec<f64>, Vec<bool>)> {
    let rows = Rows::read(x)?;
    let lengths = checked_lengths(lengths, rows.n)?;
    let mut parameters = parameters_of(model, rows.d)?;
    let updates = Updates {
        startprob: params.contains('s'),
        transmat: params.contains('t'),
        means: params.contains('m'),
        covars: params.contains('c'),
    };
    let squares = if single { Squares::Single } else { Squares::Double };
    let rounds = Rounds { n_iter, tol, implementation: implementation(how)?, updates, squares };
    let history = py.detach(|| parameters.fit(&rows.values, &lengths, &rounds)).map_err(to_python)?;
    Ok((to_arrays(py, parameters)?, history.log_likelihoods, history.zero_rows))
}

/// The log-likelihood of all sequences, and the posteriors, shape (n, k).
#[pyfunction]
pub fn score_samples<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
    how: &str,
) -> PyResult<(f64, Bound<'py, PyArray2<f64>>)> {
    let (rows, how) = (Rows::read(x)?, implementation(how)?);
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, parameters_of(model, rows.d)?);
    let (total, posteriors) = py
        .detach(|| {
            let (mut total, mut posteriors) = (0.0, Vec::with_capacity(rows.n * p.k));
            for sequence in sequences(&rows.values, p.d, &lengths) {
                let (log_likelihood, gamma) = p.score_samples(sequence, how)?;
                total += log_likelihood;
                posteriors.extend(gamma);
            }
            Ok((total, posteriors))
        })
        .map_err(to_python)?;
    Ok((total, matrix(py, posteriors, p.k)?))
}

/// The log-likelihood of all sequences.
#[pyfunction]
pub fn score<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
    how: &str,
) -> PyResult<f64> {
    let (rows, how) = (Rows::read(x)?, implementation(how)?);
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, parameters_of(model, rows.d)?);
    py.detach(|| {
        let mut total = 0.0;
        for sequence in sequences(&rows.values, p.d, &lengths) {
            total += p.score(sequence, how)?;
        }
        Ok(total)
    })
    .map_err(to_python)
}

/// The most probable path of every sequence, and the sum of their log-probabilities.
#[pyfunction]
pub fn viterbi<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    lengths: Vec<usize>,
    model: &Bound<'py, PyAny>,
) -> PyResult<(f64, Bound<'py, PyArray1<i64>>)> {
    let rows = Rows::read(x)?;
    let (lengths, p) = (checked_lengths(lengths, rows.n)?, parameters_of(model, rows.d)?);
    let (total, path) = py.detach(|| {
        let (mut total, mut path) = (0.0, Vec::with_capacity(rows.n));
        for sequence in sequences(&rows.values, p.d, &lengths) {
            let (log_probability, states) = best_path(&p, sequence);
            total += log_probability;
            path.extend(states);
        }
        (total, path)
    });
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
    let probabilities = py.detach(|| {
        sequences(&rows.values, p.d, &lengths).flat_map(|sequence| p.filter(sequence)).collect::<Vec<f64>>()
    });
    matrix(py, probabilities, p.k)
}
