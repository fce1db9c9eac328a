//! Seeds by greedy k-means++. Source: `_kmeans_plusplus` in scikit-learn's `cluster/_kmeans.py`.

use super::data::{Data, Wide};
use super::potential::{product_left_over, products_by_four};
use super::real::Real;
use super::tiles::{room_for, Lanes, LANES};
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::simd::vectorised;

/// The number of candidates for each seed after the first.
pub fn trials_of(k: usize) -> usize {
    2 + (k as f64).ln() as usize
}

/// Data to choose seeds from, and the buffers of a choice.
pub struct Seeding<'a, T> {
    wide: Wide<'a>,
    n: usize,
    first_cdf: Vec<f64>,
    closest: Vec<Lanes<T>>,
    cumulative: Vec<T>,
    nearer: Vec<Vec<Lanes<T>>>,
}

impl<'a, T: Real> Seeding<'a, T> {
    /// Prepare for choices of `k` seeds.
    pub fn new(data: &'a Data<T>, k: usize) -> Self {
        Self {
            wide: Wide::new(data),
            n: data.n,
            first_cdf: even_cdf::<T>(data.n),
            closest: room_for(data.n, T::ZERO),
            cumulative: vec![T::ZERO; data.n],
            nearer: vec![room_for(data.n, T::ZERO); trials_of(k)],
        }
    }

    /// Choose `k` rows at random, each of them far from those before it, and return their indices. Fails if the caller interrupts.
    pub fn choose(
        &mut self,
        k: usize,
        uniform: &mut impl FnMut() -> f64,
        interrupt: &Interrupt<'_>,
    ) -> Result<Vec<usize>, Interrupted> {
        let (n, d, trials) = (self.n, self.wide.d, self.nearer.len());
        let u = uniform();
        let mut seeds = vec![self.first_cdf.partition_point(|&p| p <= u).min(n - 1)];
        let mut potential = self.start_at(seeds[0]);
        interrupt.check(n * d)?;
        for _ in 1..k {
            let draws: Vec<f64> = (0..trials).map(|_| uniform() * potential.wide()).collect();
            cumulate(self.closest.as_flattened(), &mut self.cumulative);
            let candidates: Vec<usize> = draws.iter().map(|&draw| self.candidate(draw)).collect();
            for (&candidate, nearer) in candidates.iter().zip(&mut self.nearer) {
                approach(&self.wide, candidate, &self.closest, nearer);
                interrupt.check(n * d)?;
            }
            let columns: Vec<&[T]> = self.nearer.iter().map(|nearer| &nearer.as_flattened()[..n]).collect();
            let potentials = T::column_sums(&columns);
            let best = first_least(&potentials);
            seeds.push(candidates[best]);
            potential = potentials[best];
            std::mem::swap(&mut self.closest, &mut self.nearer[best]);
            interrupt.check(n * trials)?;
        }
        Ok(seeds)
    }

    // Set each row's squared distance from the first seed, and return their sum.
    fn start_at(&mut self, seed: usize) -> T {
        start(&self.wide, seed, self.n, &mut self.closest);
        first_potential(&self.closest.as_flattened()[..self.n])
    }

    // Source: numpy's searchsorted, which compares in float64 and puts NaN behind everything.
    fn candidate(&self, draw: f64) -> usize {
        let before = |p: &T| p.wide() < draw || (draw.is_nan() && !p.is_nan());
        self.cumulative.partition_point(before).min(self.n - 1)
    }
}

// The cumulative distribution of `n` equally likely rows, summed as `RandomState.choice` does: in float64, from a probability of
// the data's type.
fn even_cdf<T: Real>(n: usize) -> Vec<f64> {
    let p = T::nearest(1.0 / T::nearest(n as f64).wide()).wide();
    let mut cdf = Vec::with_capacity(n);
    let mut sum = 0.0;
    for _ in 0..n {
        sum += p;
        cdf.push(sum);
    }
    for value in &mut cdf {
        *value /= sum;
    }
    cdf
}

// Source: numpy's argmin: the first of equals, and NaN before everything.
fn first_least<T: Real>(values: &[T]) -> usize {
    let mut best = 0;
    for (at, &value) in values.iter().enumerate() {
        if value < values[best] || (value.is_nan() && !values[best].is_nan()) {
            best = at;
        }
    }
    best
}

// Source: numpy's minimum: a NaN wins.
#[inline(always)]
fn minimum<T: Real>(a: T, b: T) -> T {
    if a < b || a.is_nan() {
        a
    } else {
        b
    }
}

// The squared distance of two rows from their product and their squared lengths, in the type of the data.
#[inline(always)]
fn distance<T: Real>(product: f64, own: f64, square: f64) -> T {
    let distance = T::nearest(-2.0 * product + own + square);
    if distance < T::ZERO {
        T::ZERO
    } else {
        distance
    }
}

/// Set each row's squared distance from the first seed.
fn start<T: Real>(data: &Wide<'_>, seed: usize, n: usize, closest: &mut [Lanes<T>]) {
    let (centre, own) = data.row(seed);
    match *centre {
        [a, b, c, d] => start_of(data, &[a, b, c, d], own, closest),
        _ => start_any(data, centre, own, closest),
    }
    let fours = n / 4 * 4;
    for t in fours..n {
        let (row, square) = data.row(t);
        let product = product_left_over(row, centre, t < fours + (n & 2));
        closest.as_flattened_mut()[t] = distance(product, own, square);
    }
}

vectorised! {
    fn start_of[T: Real, const D: usize](data: &Wide<'_>, centre: &[f64; D], own: f64, closest: &mut [Lanes<T>]) {
        start_tiles(data, centre, own, closest);
    }
}

vectorised! {
    fn start_any[T: Real](data: &Wide<'_>, centre: &[f64], own: f64, closest: &mut [Lanes<T>]) {
        start_tiles(data, centre, own, closest);
    }
}

// Products with the first seed come from a matrix-vector product, which takes rows by four, and those left over otherwise.
#[inline(always)]
fn start_tiles<T: Real>(data: &Wide<'_>, centre: &[f64], own: f64, closest: &mut [Lanes<T>]) {
    for ((tile, squares), distances) in data.arrays.chunks_exact(centre.len()).zip(&data.squares).zip(closest)
    {
        let products = products_by_four(tile, centre);
        for l in 0..LANES {
            distances[l] = distance(products[l], own, squares[l]);
        }
    }
}

/// Update each row's squared distance from its nearest seed for one more seed.
fn approach<T: Real>(data: &Wide<'_>, seed: usize, closest: &[Lanes<T>], nearer: &mut [Lanes<T>]) {
    let (centre, own) = data.row(seed);
    match *centre {
        [a] => approach_of(data, &[a], own, closest, nearer),
        [a, b] => approach_of(data, &[a, b], own, closest, nearer),
        [a, b, c] => approach_of(data, &[a, b, c], own, closest, nearer),
        [a, b, c, d] => approach_of(data, &[a, b, c, d], own, closest, nearer),
        _ => approach_any(data, centre, own, closest, nearer),
    }
}

vectorised! {
    fn approach_of[T: Real, const D: usize](
        data: &Wide<'_>, centre: &[f64; D], own: f64, closest: &[Lanes<T>], nearer: &mut [Lanes<T>],
    ) {
        approach_tiles(data, centre, own, closest, nearer);
    }
}

vectorised! {
    fn approach_any[T: Real](data: &Wide<'_>, centre: &[f64], own: f64, closest: &[Lanes<T>], nearer: &mut [Lanes<T>]) {
        approach_tiles(data, centre, own, closest, nearer);
    }
}

// Products of later seeds come from a matrix product: one feature after the other, each rounded once.
#[inline(always)]
fn approach_tiles<T: Real>(
    data: &Wide<'_>,
    centre: &[f64],
    own: f64,
    closest: &[Lanes<T>],
    nearer: &mut [Lanes<T>],
) {
    let tiles = data.arrays.chunks_exact(centre.len()).zip(&data.squares);
    for ((tile, squares), (before, after)) in tiles.zip(closest.iter().zip(nearer)) {
        let mut products = [0.0; LANES];
        for (array, &c) in tile.iter().zip(centre) {
            for l in 0..LANES {
                products[l] = array[l].mul_add(c, products[l]);
            }
        }
        for l in 0..LANES {
            after[l] = minimum(before[l], distance(products[l], own, squares[l]));
        }
    }
}

fn cumulate<T: Real>(values: &[T], cumulative: &mut [T]) {
    let mut sum = T::ZERO;
    for (total, &value) in cumulative.iter_mut().zip(values) {
        sum += value;
        *total = sum;
    }
}

vectorised! {
    // The sum by which the first draws are scaled, in eight strands. DIFFERENCE: every kernel of OpenBLAS has an order of its own
    // for this dot product.
    fn first_potential[T: Real](values: &[T]) -> T {
        let mut strands = [T::ZERO; 8];
        let chunks = values.chunks_exact(8);
        let rest = chunks.remainder().iter().fold(T::ZERO, |sum, &value| sum + value);
        for chunk in chunks {
            for (strand, &value) in strands.iter_mut().zip(chunk) {
                *strand += value;
            }
        }
        strands.iter().fold(rest, |sum, &value| sum + value)
    }
}
