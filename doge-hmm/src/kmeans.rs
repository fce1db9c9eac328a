//! scikit-learn's k-means as hmmlearn calls it: ten runs, k-means++, Lloyd, at most 300 rounds, tolerance 1e-4.
//!
//! Source: scikit-learn 1.9.1, `cluster/_kmeans.py`, `_k_means_lloyd.pyx`, `_k_means_common.pyx`. Sums over rows run
//! in row order, as they do there with one thread; products are added up as its matrix product and numpy's einsum do, so
//! that ties on quantised data are decided in the same way.

mod lloyd;
mod plus_plus;

use lloyd::Lloyd;
use std::fmt;

const RUNS: usize = 10;
const ROUNDS_MAX: usize = 300;
const TOLERANCE: f64 = 1e-4;

/// The error for fewer rows than clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFewRows {
    rows: usize,
    clusters: usize,
}

impl fmt::Display for TooFewRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n_samples={} should be >= n_clusters={}.", self.rows, self.clusters)
    }
}

impl std::error::Error for TooFewRows {}

/// The best of ten runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// The centres, one row of features each, in the order of the winning run's seeds.
    pub centres: Vec<f64>,
    /// The number of clusters with at least one row; smaller than `k` if there are too few distinct rows.
    pub distinct: usize,
}

/// Rows of features minus the column means.
pub(crate) struct Centred {
    /// The values row by row.
    pub rows: Vec<f64>,
    /// The values column by column.
    pub columns: Vec<f64>,
    /// The squared length of each row.
    pub squares: Vec<f64>,
    pub n: usize,
    pub d: usize,
}

/// The number of candidates for each seed after the first.
fn trials_of(k: usize) -> usize {
    2 + (k as f64).ln() as usize
}

/// The number of uniform numbers that `k_means` draws for `k` clusters.
pub fn draws_of(k: usize) -> usize {
    RUNS * (1 + k.saturating_sub(1) * trials_of(k))
}

/// Cluster rows of `d` features around `k` centres.
///
/// `uniform` returns uniform random numbers and is called `draws_of(k)` times. Fails if there are fewer rows than clusters.
pub fn k_means(
    x: &[f64],
    d: usize,
    k: usize,
    mut uniform: impl FnMut() -> f64,
) -> Result<Clustering, TooFewRows> {
    let n = x.len() / d;
    if n < k {
        return Err(TooFewRows { rows: n, clusters: k });
    }
    let means = column_means(x, n, d);
    let tolerance = tolerance_of(x, &means, n, d);
    let centred = centre(x, &means, n, d);
    let first_cdf = plus_plus::even_cdf(n);
    let mut lloyd = Lloyd::new(&centred, k);
    let mut best: Option<(f64, Vec<u64>, Vec<f64>)> = None;
    for _ in 0..RUNS {
        let seeds = plus_plus::seeds(&centred, k, trials_of(k), &first_cdf, &mut uniform);
        let inertia = lloyd.run(&seeds, tolerance, ROUNDS_MAX);
        let better = match &best {
            None => true,
            Some((least, labels, _)) => inertia < *least && !is_same_clustering(&lloyd.labels, labels, k),
        };
        if better {
            best = Some((inertia, lloyd.labels.clone(), lloyd.centres.clone()));
        }
    }
    let (_, labels, mut centres) = best.expect("there was a run");
    for row in centres.chunks_exact_mut(d) {
        for (c, mean) in row.iter_mut().zip(&means) {
            *c += mean;
        }
    }
    Ok(Clustering { centres, distinct: distinct_labels(&labels, k) })
}

fn column_means(x: &[f64], n: usize, d: usize) -> Vec<f64> {
    let mut means = vec![0.0; d];
    for row in x.chunks_exact(d) {
        for (mean, value) in means.iter_mut().zip(row) {
            *mean += value;
        }
    }
    for mean in &mut means {
        *mean /= n as f64;
    }
    means
}

// The mean of the features' population variances, times the tolerance.
fn tolerance_of(x: &[f64], means: &[f64], n: usize, d: usize) -> f64 {
    let mut squares = vec![0.0; d];
    for row in x.chunks_exact(d) {
        for ((sum, mean), value) in squares.iter_mut().zip(means).zip(row) {
            *sum += (value - mean) * (value - mean);
        }
    }
    let variances: f64 = squares.iter().map(|sum| sum / n as f64).sum();
    variances / d as f64 * TOLERANCE
}

fn centre(x: &[f64], means: &[f64], n: usize, d: usize) -> Centred {
    let mut rows = Vec::with_capacity(n * d);
    let mut columns = vec![0.0; n * d];
    let mut squares = Vec::with_capacity(n);
    for (t, row) in x.chunks_exact(d).enumerate() {
        for (j, (value, mean)) in row.iter().zip(means).enumerate() {
            let z = value - mean;
            rows.push(z);
            columns[j * n + t] = z;
        }
        squares.push(squared_norm(&rows[t * d..]));
    }
    Centred { rows, columns, squares, n, d }
}

// Source: numpy's einsum, which adds in two strands and takes the pairs of every eight features from the last to the first.
fn squared_norm(row: &[f64]) -> f64 {
    let mut strands = [0.0; 2];
    let eights = row.chunks_exact(8);
    let rest = eights.remainder();
    for eight in eights {
        for pair in eight.chunks_exact(2).rev() {
            strands[0] += pair[0] * pair[0];
            strands[1] += pair[1] * pair[1];
        }
    }
    for pair in rest.chunks(2) {
        for (strand, z) in strands.iter_mut().zip(pair) {
            *strand += z * z;
        }
    }
    strands[0] + strands[1]
}

// The sum of products as a matrix product computes it: one feature after the other, each rounded once. The choice between two
// rows at equal distances depends on it.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| x.mul_add(*y, sum))
}

#[inline(always)]
fn dot_4(a: [f64; 4], b: [f64; 4]) -> f64 {
    a[3].mul_add(b[3], a[2].mul_add(b[2], a[1].mul_add(b[1], a[0] * b[0])))
}

// True if every label of one clustering corresponds to a single label of the other. Source: `_is_same_clustering`.
fn is_same_clustering(labels: &[u64], others: &[u64], k: usize) -> bool {
    let mut mapping: Vec<Option<u64>> = vec![None; k];
    for (&label, &other) in labels.iter().zip(others) {
        match mapping[label as usize] {
            None => mapping[label as usize] = Some(other),
            Some(known) if known != other => return false,
            Some(_) => {}
        }
    }
    true
}

fn distinct_labels(labels: &[u64], k: usize) -> usize {
    let mut seen = vec![false; k];
    for &label in labels {
        seen[label as usize] = true;
    }
    seen.iter().filter(|&&hit| hit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RandomState;

    fn clustered(x: &[f64], d: usize, k: usize) -> Result<Clustering, TooFewRows> {
        let mut rng = RandomState::new(42);
        k_means(x, d, k, || rng.uniform())
    }

    #[test]
    fn finds_clusters_that_lie_apart() {
        let x: Vec<f64> = (0..90).map(|i| f64::from(i % 3) * 100.0 + f64::from(i / 3) * 0.01).collect();
        let mut centres = clustered(&x, 1, 3).unwrap().centres;
        centres.sort_by(f64::total_cmp);
        for (centre, expected) in centres.iter().zip([0.145, 100.145, 200.145]) {
            assert!((centre - expected).abs() < 1e-12, "{centre} {expected}");
        }
    }

    #[test]
    fn the_fast_way_and_the_general_way_are_one() {
        let mut rng = RandomState::new(7);
        let narrow: Vec<f64> = (0..4 * 501).map(|_| rng.uniform()).collect();
        // A fifth feature that never varies takes the general way, and changes nothing.
        let wide: Vec<f64> =
            narrow.chunks_exact(4).flat_map(|row| [row[0], row[1], row[2], row[3], 0.0]).collect();
        let fast = clustered(&narrow, 4, 3).unwrap().centres;
        let general = clustered(&wide, 5, 3).unwrap().centres;
        for (ours, theirs) in fast.chunks_exact(4).zip(general.chunks_exact(5)) {
            assert_eq!(ours, &theirs[..4]);
        }
    }

    #[test]
    fn fewer_rows_than_clusters_are_refused() {
        let error = clustered(&[1.0, 2.0], 1, 3).unwrap_err();
        assert_eq!(error.to_string(), "n_samples=2 should be >= n_clusters=3.");
    }

    #[test]
    fn duplicates_are_counted_once() {
        assert_eq!(clustered(&[1.0, 1.0, 1.0, 2.0], 1, 3).unwrap().distinct, 2);
    }
}
