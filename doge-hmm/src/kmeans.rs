//! scikit-learn's k-means as hmmlearn calls it: ten runs, k-means++, Lloyd, at most 300 rounds, tolerance 1e-4.
//!
//! Source: scikit-learn 1.9.1, `cluster/_kmeans.py`, `_k_means_lloyd.pyx`, `_k_means_common.pyx`, with one thread. Every sum
//! runs in the order of numpy, scikit-learn or OpenBLAS, whichever computes it there, so that the centres have the same bits;
//! float32 data stay float32. Where their own order depends on the processor, the source says so.

mod data;
mod lloyd;
mod nearest;
mod plus_plus;
mod potential;
mod real;
mod relocation;
mod sums;
mod tiles;

use std::fmt;

use crate::interrupt::{Interrupt, Interrupted};
use data::Data;
use lloyd::Lloyd;
use plus_plus::{trials_of, Seeding};

pub use real::Real;

const RUNS: usize = 10;
const ROUNDS_MAX: usize = 300;
// Of preparing the data.
const STEPS_PER_VALUE: usize = 10;

/// The error for data that cannot be clustered, or are not to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KMeansError {
    /// There are fewer rows than clusters.
    TooFewRows {
        /// The number of rows.
        rows: usize,
        /// The number of clusters.
        clusters: usize,
    },
    /// The caller asked to stop.
    Interrupted,
}

impl fmt::Display for KMeansError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRows { rows, clusters } => {
                write!(f, "n_samples={rows} should be >= n_clusters={clusters}.")
            }
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for KMeansError {}

impl From<Interrupted> for KMeansError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// The best of ten runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering<T> {
    /// The centres, one row of features each, in the order of the winning run's seeds.
    pub centres: Vec<T>,
    /// The number of clusters with at least one row; smaller than `k` if there are too few distinct rows.
    pub distinct: usize,
}

/// The number of uniform numbers that `k_means` draws for `k` clusters.
pub fn draws_of(k: usize) -> usize {
    RUNS * (1 + k.saturating_sub(1) * trials_of(k))
}

/// Cluster rows of `d` features around `k` centres.
///
/// `uniform` returns uniform random numbers and is called `draws_of(k)` times. Fails if there are fewer rows than clusters, or if
/// the caller interrupts.
pub fn k_means<T: Real>(
    x: &[T],
    d: usize,
    k: usize,
    mut uniform: impl FnMut() -> f64,
    interrupt: &Interrupt<'_>,
) -> Result<Clustering<T>, KMeansError> {
    let n = x.len() / d;
    if n < k {
        return Err(KMeansError::TooFewRows { rows: n, clusters: k });
    }
    let data = Data::new(x, d);
    interrupt.check(x.len() * STEPS_PER_VALUE)?;
    let mut seeding = Seeding::new(&data, k);
    let mut lloyd = Lloyd::new(&data, k);
    interrupt.check(x.len() * STEPS_PER_VALUE)?;
    let mut best: Option<(T, Vec<T::Label>, Vec<T>)> = None;
    for _ in 0..RUNS {
        let seeds = seeding.choose(k, &mut uniform, interrupt)?;
        let inertia = lloyd.run(&seeds, ROUNDS_MAX, interrupt)?;
        let better = match &best {
            None => true,
            Some((least, labels, _)) => {
                inertia < *least && !is_same_clustering::<T>(lloyd.labels(), labels, k)
            }
        };
        if better {
            best = Some((inertia, lloyd.labels().to_vec(), lloyd.centres.clone()));
        }
    }
    let (_, labels, mut centres) = best.expect("there was a run");
    for row in centres.chunks_exact_mut(d) {
        for (c, &mean) in row.iter_mut().zip(&data.means) {
            *c += mean;
        }
    }
    Ok(Clustering { centres, distinct: distinct_labels::<T>(&labels, k) })
}

// True if every label of one clustering corresponds to a single label of the other. Source: `_is_same_clustering`.
fn is_same_clustering<T: Real>(labels: &[T::Label], others: &[T::Label], k: usize) -> bool {
    let mut mapping: Vec<Option<T::Label>> = vec![None; k];
    for (&label, &other) in labels.iter().zip(others) {
        let own = &mut mapping[label.into() as usize];
        match *own {
            None => *own = Some(other),
            Some(known) if known != other => return false,
            Some(_) => {}
        }
    }
    true
}

fn distinct_labels<T: Real>(labels: &[T::Label], k: usize) -> usize {
    let mut seen = vec![false; k];
    for &label in labels {
        seen[label.into() as usize] = true;
    }
    seen.iter().filter(|&&hit| hit).count()
}

#[cfg(test)]
mod tests;
