//! Lloyd's algorithm. Source: scikit-learn's `_kmeans_single_lloyd`, `lloyd_iter_chunked_dense` and the functions they call.

use super::data::Data;
use super::nearest::assign;
use super::real::Real;
use super::relocation::farthest;
use super::sums::pairwise_sum;
use super::tiles::{room_for, Lanes};
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::simd::vectorised;

// Values that are added up between two checks for an interruption.
const VALUES_PER_CHECK: usize = 1 << 22;

/// The buffers of a run, which the next run reuses.
pub struct Lloyd<'a, T: Real> {
    data: &'a Data<T>,
    k: usize,
    labels: Vec<Lanes<T::Label>>,
    before: Vec<Lanes<T::Label>>,
    /// The centres after the last run.
    pub centres: Vec<T>,
    sums: Vec<T>,
    counts: Vec<T>,
}

impl<'a, T: Real> Lloyd<'a, T> {
    /// Allocate buffers for runs on these rows with `k` clusters.
    pub fn new(data: &'a Data<T>, k: usize) -> Self {
        Self {
            data,
            k,
            labels: room_for(data.n, T::from_label(0).label()),
            before: room_for(data.n, T::from_label(0).label()),
            centres: vec![T::ZERO; k * data.d],
            sums: vec![T::ZERO; k * data.d],
            counts: vec![T::ZERO; k],
        }
    }

    /// The cluster of every row after the last run.
    pub fn labels(&self) -> &[T::Label] {
        &self.labels.as_flattened()[..self.data.n]
    }

    /// Run until the labels stay the same, the centres move by at most the tolerance, or for `rounds_max` rounds.
    ///
    /// `seeds` are the indices of the rows to start from. Returns the inertia: the sum of the squared distances of the rows from
    /// their centres.
    pub fn run(
        &mut self,
        seeds: &[usize],
        rounds_max: usize,
        interrupt: &Interrupt<'_>,
    ) -> Result<T, Interrupted> {
        let d = self.data.d;
        for (centre, &seed) in self.centres.chunks_exact_mut(d).zip(seeds) {
            centre.copy_from_slice(&self.data.rows[seed * d..(seed + 1) * d]);
        }
        self.before.as_flattened_mut().fill(T::from_label(u32::MAX).label());
        let mut strict = false;
        for _ in 0..rounds_max {
            assign(&self.data.tiles, &self.centres, &mut self.labels, interrupt)?;
            self.add_up(interrupt)?;
            self.relocate_empty();
            self.average();
            let shift = self.shift_squared();
            std::mem::swap(&mut self.centres, &mut self.sums);
            if self.labels() == &self.before.as_flattened()[..self.data.n] {
                strict = true;
                break;
            }
            if shift <= self.data.tolerance {
                break;
            }
            self.before.copy_from_slice(&self.labels);
        }
        if !strict {
            assign(&self.data.tiles, &self.centres, &mut self.labels, interrupt)?;
        }
        self.inertia(interrupt)
    }

    // Compute the sum and the number of rows per cluster, in row order.
    fn add_up(&mut self, interrupt: &Interrupt<'_>) -> Result<(), Interrupted> {
        let d = self.data.d;
        let rows_per_check = (VALUES_PER_CHECK / d).max(1);
        let mut counts = vec![0; self.k];
        self.sums.fill(T::ZERO);
        let labels = &self.labels.as_flattened()[..self.data.n];
        for (rows, labels) in self.data.rows.chunks(rows_per_check * d).zip(labels.chunks(rows_per_check)) {
            match (self.k, d) {
                (2, 4) => add_few([(); 2], [(); 4], rows, labels, &mut self.sums, &mut counts),
                (3, 4) => add_few([(); 3], [(); 4], rows, labels, &mut self.sums, &mut counts),
                (_, 1) => add_rows([(); 1], rows, labels, &mut self.sums, &mut counts),
                (_, 2) => add_rows([(); 2], rows, labels, &mut self.sums, &mut counts),
                (_, 3) => add_rows([(); 3], rows, labels, &mut self.sums, &mut counts),
                (_, 4) => add_rows([(); 4], rows, labels, &mut self.sums, &mut counts),
                _ => add_rows_any(d, rows, labels, &mut self.sums, &mut counts),
            }
            interrupt.check(rows.len())?;
        }
        for (count, &number) in self.counts.iter_mut().zip(&counts) {
            *count = T::nearest(number as f64);
        }
        Ok(())
    }

    // Give each empty cluster one of the rows farthest from their centres. Source: `_relocate_empty_clusters_dense`.
    fn relocate_empty(&mut self) {
        let d = self.data.d;
        let empty: Vec<usize> = (0..self.k).filter(|&j| self.counts[j] == T::ZERO).collect();
        if empty.is_empty() {
            return;
        }
        let labels = &self.labels.as_flattened()[..self.data.n];
        let chosen = farthest(&self.data.rows, d, labels, &self.centres, empty.len());
        for (&new, &far) in empty.iter().zip(&chosen) {
            let old = labels[far].into() as usize;
            for i in 0..d {
                let z = self.data.rows[far * d + i];
                self.sums[old * d + i] -= z;
                self.sums[new * d + i] = z;
            }
            self.counts[new] = T::nearest(1.0);
            self.counts[old] -= T::nearest(1.0);
        }
    }

    // Turn sums into centres; a cluster that is still empty gets the centre of the largest one. Source: `_average_centers`.
    fn average(&mut self) {
        let d = self.data.d;
        let mut biggest = 0;
        for j in 1..self.k {
            if self.counts[j] > self.counts[biggest] {
                biggest = j;
            }
        }
        for j in 0..self.k {
            if self.counts[j] > T::ZERO {
                let alpha = T::nearest(1.0 / self.counts[j].wide());
                for sum in &mut self.sums[j * d..(j + 1) * d] {
                    *sum *= alpha;
                }
            } else {
                self.sums.copy_within(biggest * d..(biggest + 1) * d, j * d);
            }
        }
    }

    fn shift_squared(&self) -> T {
        let d = self.data.d;
        let centres = self.sums.chunks_exact(d).zip(self.centres.chunks_exact(d));
        let squares: Vec<T> = centres
            .map(|(new, old)| {
                let shift = T::nearest(squared_distance(new, old).wide().sqrt());
                shift * shift
            })
            .collect();
        pairwise_sum(&squares)
    }

    // Source: `_inertia_dense`.
    fn inertia(&self, interrupt: &Interrupt<'_>) -> Result<T, Interrupted> {
        let d = self.data.d;
        let rows_per_check = (VALUES_PER_CHECK / d).max(1);
        let mut total = T::ZERO;
        for (rows, labels) in
            self.data.rows.chunks(rows_per_check * d).zip(self.labels().chunks(rows_per_check))
        {
            for (row, &label) in rows.chunks_exact(d).zip(labels) {
                let j = label.into() as usize;
                total += squared_distance(row, &self.centres[j * d..(j + 1) * d]);
            }
            interrupt.check(rows.len())?;
        }
        Ok(total)
    }
}

// Source: `_euclidean_dense_dense`, which sums four squares at a time.
#[inline(always)]
fn squared_distance<T: Real>(a: &[T], b: &[T]) -> T {
    let mut result = T::ZERO;
    let (fours, others) = (a.chunks_exact(4), b.chunks_exact(4));
    let (rest, other_rest) = (fours.remainder(), others.remainder());
    for (p, q) in fours.zip(others) {
        let square = |i: usize| (p[i] - q[i]) * (p[i] - q[i]);
        result += square(0) + square(1) + square(2) + square(3);
    }
    for (&p, &q) in rest.iter().zip(other_rest) {
        result += (p - q) * (p - q);
    }
    result
}

vectorised! {
    fn add_rows[T: Real, const D: usize](
        _features: [(); D], rows: &[T], labels: &[T::Label], sums: &mut [T], counts: &mut [usize],
    ) {
        add(D, rows, labels, sums, counts);
    }
}

fn add_rows_any<T: Real>(d: usize, rows: &[T], labels: &[T::Label], sums: &mut [T], counts: &mut [usize]) {
    add(d, rows, labels, sums, counts);
}

#[inline(always)]
fn add<T: Real>(d: usize, rows: &[T], labels: &[T::Label], sums: &mut [T], counts: &mut [usize]) {
    for (row, &label) in rows.chunks_exact(d).zip(labels) {
        let j = label.into() as usize;
        counts[j] += 1;
        for (sum, &z) in sums[j * d..(j + 1) * d].iter_mut().zip(row) {
            *sum += z;
        }
    }
}

vectorised! {
    // For few clusters: each row is added to all sums, as zeros to all but one, which avoids a branch and keeps the order.
    fn add_few[T: Real, const K: usize, const D: usize](
        _clusters: [(); K], _features: [(); D], rows: &[T], labels: &[T::Label], sums: &mut [T], counts: &mut [usize],
    ) {
        let mut others = labels.len();
        for (j, count) in counts.iter_mut().enumerate().skip(1) {
            let own = T::from_label(j as u32).label();
            let number = labels.iter().filter(|&&label| label == own).count();
            *count += number;
            others -= number;
        }
        counts[0] += others;
        // A table, because the compiler would turn a comparison into a branch; as wide as the sums, because it is to load whole
        // registers.
        let masks: [[[u64; D]; K]; K] =
            std::array::from_fn(|label| std::array::from_fn(|j| [if j == label { u64::MAX } else { 0 }; D]));
        let mut totals: [[T; D]; K] = std::array::from_fn(|j| std::array::from_fn(|i| sums[j * D + i]));
        for (row, &label) in rows.chunks_exact(D).zip(labels) {
            let own = &masks[label.into() as usize];
            for j in 0..K {
                for i in 0..D {
                    totals[j][i] += row[i].masked(own[j][i]);
                }
            }
        }
        sums.copy_from_slice(totals.as_flattened());
    }
}
