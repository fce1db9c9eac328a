//! Lloyd's algorithm. Source: scikit-learn's `_kmeans_single_lloyd`, `lloyd_iter_chunked_dense` and the functions they call.

use super::{dot, dot_4, squared_norm, Centred};
use crate::math::simd::vectorised;

/// The buffers of a run, which the next run reuses.
pub struct Lloyd<'a> {
    x: &'a Centred,
    k: usize,
    /// The cluster of every row after the last run.
    pub labels: Vec<u64>,
    /// The centres after the last run.
    pub centres: Vec<f64>,
    before: Vec<u64>,
    sums: Vec<f64>,
    counts: Vec<f64>,
}

impl<'a> Lloyd<'a> {
    /// Allocate buffers for runs on these rows with `k` clusters.
    pub fn new(x: &'a Centred, k: usize) -> Self {
        Self {
            x,
            k,
            labels: vec![0; x.n],
            centres: vec![0.0; k * x.d],
            before: vec![0; x.n],
            sums: vec![0.0; k * x.d],
            counts: vec![0.0; k],
        }
    }

    /// Run until the labels stay the same, the centres move by at most the tolerance, or for `rounds_max` rounds.
    ///
    /// Returns the inertia: the sum of the squared distances of the rows from their centres.
    pub fn run(&mut self, seeds: &[f64], tolerance: f64, rounds_max: usize) -> f64 {
        self.centres.copy_from_slice(seeds);
        self.before.fill(u64::MAX);
        let mut strict = false;
        for _ in 0..rounds_max {
            self.assign();
            self.add_up();
            self.relocate_empty();
            self.average();
            let shift = self.shift_squared();
            std::mem::swap(&mut self.centres, &mut self.sums);
            if self.labels == self.before {
                strict = true;
                break;
            }
            if shift <= tolerance {
                break;
            }
            self.before.copy_from_slice(&self.labels);
        }
        if !strict {
            self.assign();
        }
        self.inertia()
    }

    // Assign each row to its nearest centre, the first of equals, by c.c - 2 z.c.
    fn assign(&mut self) {
        let d = self.x.d;
        let norms: Vec<f64> = self.centres.chunks_exact(d).map(squared_norm).collect();
        if let (&[n0, n1, n2], 4) = (&norms[..], d) {
            let norms = [n0, n1, n2];
            return assign_3x4(self.x, &self.centres, norms, &mut self.labels);
        }
        assign(self.x, &self.centres, &norms, &mut self.labels);
    }

    // Compute the sum and the number of rows per cluster, in row order.
    fn add_up(&mut self) {
        let d = self.x.d;
        if (self.k, d) == (3, 4) {
            return add_up_3x4(&self.x.rows, &self.labels, &mut self.sums, &mut self.counts);
        }
        self.sums.fill(0.0);
        self.counts.fill(0.0);
        for (row, &label) in self.x.rows.chunks_exact(d).zip(&self.labels) {
            let j = label as usize;
            self.counts[j] += 1.0;
            for (sum, z) in self.sums[j * d..(j + 1) * d].iter_mut().zip(row) {
                *sum += z;
            }
        }
    }

    // Give each empty cluster one of the rows farthest from their centres. Source: `_relocate_empty_clusters_dense`.
    fn relocate_empty(&mut self) {
        let d = self.x.d;
        let empty: Vec<usize> = (0..self.k).filter(|&j| self.counts[j] == 0.0).collect();
        if empty.is_empty() {
            return;
        }
        let distances: Vec<f64> = self
            .x
            .rows
            .chunks_exact(d)
            .zip(&self.labels)
            .map(|(row, &label)| {
                let centre = &self.centres[label as usize * d..(label as usize + 1) * d];
                row.iter().zip(centre).map(|(z, c)| (z - c) * (z - c)).sum()
            })
            .collect();
        if distances.iter().all(|&distance| distance == 0.0) {
            return;
        }
        let mut farthest: Vec<usize> = (0..self.x.n).collect();
        farthest.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]));
        for (&new, &far) in empty.iter().zip(&farthest) {
            let old = self.labels[far] as usize;
            for i in 0..d {
                let z = self.x.rows[far * d + i];
                self.sums[old * d + i] -= z;
                self.sums[new * d + i] = z;
            }
            self.counts[new] = 1.0;
            self.counts[old] -= 1.0;
        }
    }

    // Turn sums into centres; a cluster that is still empty gets the centre of the largest one. Source: `_average_centers`.
    fn average(&mut self) {
        let d = self.x.d;
        let mut biggest = 0;
        for j in 1..self.k {
            if self.counts[j] > self.counts[biggest] {
                biggest = j;
            }
        }
        for j in 0..self.k {
            if self.counts[j] > 0.0 {
                let alpha = 1.0 / self.counts[j];
                for sum in &mut self.sums[j * d..(j + 1) * d] {
                    *sum *= alpha;
                }
            } else {
                self.sums.copy_within(biggest * d..(biggest + 1) * d, j * d);
            }
        }
    }

    fn shift_squared(&self) -> f64 {
        let d = self.x.d;
        let mut total = 0.0;
        for (new, old) in self.sums.chunks_exact(d).zip(self.centres.chunks_exact(d)) {
            let shift = squared_distance(new, old).sqrt();
            total += shift * shift;
        }
        total
    }

    fn inertia(&self) -> f64 {
        let d = self.x.d;
        let mut total = 0.0;
        for (row, &label) in self.x.rows.chunks_exact(d).zip(&self.labels) {
            let j = label as usize;
            total += squared_distance(row, &self.centres[j * d..(j + 1) * d]);
        }
        total
    }
}

// Source: `_euclidean_dense_dense`, which sums four squares at a time.
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let mut result = 0.0;
    let (fours, others) = (a.chunks_exact(4), b.chunks_exact(4));
    let (rest, other_rest) = (fours.remainder(), others.remainder());
    for (p, q) in fours.zip(others) {
        let square = |i: usize| (p[i] - q[i]) * (p[i] - q[i]);
        result += square(0) + square(1) + square(2) + square(3);
    }
    for (p, q) in rest.iter().zip(other_rest) {
        result += (p - q) * (p - q);
    }
    result
}

vectorised! {
    fn assign(x: &Centred, centres: &[f64], norms: &[f64], labels: &mut [u64]) {
        for (row, label) in x.rows.chunks_exact(x.d).zip(labels) {
            let mut nearest = f64::INFINITY;
            for (j, centre) in centres.chunks_exact(x.d).enumerate() {
                let distance = (-2.0f64).mul_add(dot(row, centre), norms[j]);
                if j == 0 || distance < nearest {
                    nearest = distance;
                    *label = j as u64;
                }
            }
        }
    }
}

// Masks with all bits set for a row's own cluster. A table, because the compiler would turn a comparison into a branch.
const OWN: [[u64; 3]; 3] = [[u64::MAX, 0, 0], [0, u64::MAX, 0], [0, 0, u64::MAX]];

vectorised! {
    // For three clusters and four features, the detector's shape. It works on columns, so that several rows are processed at
    // once, and labels are as wide as distances for the same reason.
    fn assign_3x4(x: &Centred, centres: &[f64], norms: [f64; 3], labels: &mut [u64]) {
        let n = x.n;
        let (c0, rest) = x.columns.split_at(n);
        let (c1, rest) = rest.split_at(n);
        let (c2, c3) = rest.split_at(n);
        let (a, b, c) = (centre(centres, 0), centre(centres, 1), centre(centres, 2));
        for ((((label, &z0), &z1), &z2), &z3) in labels.iter_mut().zip(c0).zip(c1).zip(c2).zip(c3) {
            let z = [z0, z1, z2, z3];
            let da = (-2.0f64).mul_add(dot_4(z, a), norms[0]);
            let db = (-2.0f64).mul_add(dot_4(z, b), norms[1]);
            let dc = (-2.0f64).mul_add(dot_4(z, c), norms[2]);
            let nearest = if db < da { db } else { da };
            let first = if db < da { 1 } else { 0 };
            *label = if dc < nearest { 2 } else { first };
        }
    }
}

#[inline(always)]
fn centre(centres: &[f64], j: usize) -> [f64; 4] {
    [centres[4 * j], centres[4 * j + 1], centres[4 * j + 2], centres[4 * j + 3]]
}

vectorised! {
    // Each row is added to all three sums, as zeros to two of them, which avoids a branch and keeps the order.
    fn add_up_3x4(rows: &[f64], labels: &[u64], sums: &mut [f64], counts: &mut [f64]) {
        let mut totals = [[0.0f64; 4]; 3];
        let mut numbers = [0u64; 3];
        for (row, &label) in rows.chunks_exact(4).zip(labels) {
            let own = OWN[label as usize];
            for j in 0..3 {
                numbers[j] += own[j] & 1;
                for i in 0..4 {
                    totals[j][i] += f64::from_bits(row[i].to_bits() & own[j]);
                }
            }
        }
        for j in 0..3 {
            counts[j] = numbers[j] as f64;
            sums[4 * j..4 * j + 4].copy_from_slice(&totals[j]);
        }
    }
}
