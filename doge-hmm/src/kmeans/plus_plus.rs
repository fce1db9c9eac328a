//! Seeds by greedy k-means++. Source: `_kmeans_plusplus` in scikit-learn's `cluster/_kmeans.py`.

use super::{dot, dot_4, Centred};
use crate::math::simd::vectorised;

/// The cumulative distribution of `n` equally likely rows, summed as `RandomState.choice` does.
pub fn even_cdf(n: usize) -> Vec<f64> {
    let p = 1.0 / n as f64;
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

/// Choose the seeds of `k` centres, and return their rows one after the other.
pub fn seeds(
    x: &Centred,
    k: usize,
    trials: usize,
    cdf: &[f64],
    uniform: &mut impl FnMut() -> f64,
) -> Vec<f64> {
    let mut seeds = Vec::with_capacity(k * x.d);
    let u = uniform();
    let first = cdf.partition_point(|&p| p <= u).min(x.n - 1);
    seeds.extend_from_slice(row(x, first));
    let mut closest = vec![f64::INFINITY; x.n];
    let mut potential = approach(x, first, &mut closest);
    let mut cumulative = vec![0.0; x.n];
    let mut nearer = vec![0.0; x.n];
    let mut nearest = vec![0.0; x.n];
    for _ in 1..k {
        let draws: Vec<f64> = (0..trials).map(|_| uniform() * potential).collect();
        cumulate(&closest, &mut cumulative);
        let mut best: Option<(usize, f64)> = None;
        for draw in draws {
            let candidate = cumulative.partition_point(|&p| p < draw).min(x.n - 1);
            nearer.copy_from_slice(&closest);
            let total = approach(x, candidate, &mut nearer);
            let better = match best {
                None => true,
                Some((_, least)) => total < least,
            };
            if better {
                best = Some((candidate, total));
                std::mem::swap(&mut nearer, &mut nearest);
            }
        }
        let (candidate, total) = best.expect("there was a trial");
        seeds.extend_from_slice(row(x, candidate));
        std::mem::swap(&mut closest, &mut nearest);
        potential = total;
    }
    seeds
}

fn row(x: &Centred, t: usize) -> &[f64] {
    &x.rows[t * x.d..(t + 1) * x.d]
}

// numpy's minimum: a NaN wins.
#[inline(always)]
fn minimum(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() {
        a
    } else {
        b
    }
}

// Update each row's squared distance from its nearest seed for one more seed, and return the sum of the distances.
fn approach(x: &Centred, seed: usize, closest: &mut [f64]) -> f64 {
    match row(x, seed) {
        &[s0, s1, s2, s3] => approach_4(x, [s0, s1, s2, s3], x.squares[seed], closest),
        centre => approach_any(x, centre, x.squares[seed], closest),
    }
}

vectorised! {
    fn approach_any(x: &Centred, centre: &[f64], own: f64, closest: &mut [f64]) -> f64 {
        for ((distance, z), square) in closest.iter_mut().zip(x.rows.chunks_exact(x.d)).zip(&x.squares) {
            *distance = lower(*distance, dot(centre, z), own, *square);
        }
        sum(closest)
    }
}

vectorised! {
    // Works on columns, so that several rows are processed at once.
    fn approach_4(x: &Centred, centre: [f64; 4], own: f64, closest: &mut [f64]) -> f64 {
        let (c0, rest) = x.columns.split_at(x.n);
        let (c1, rest) = rest.split_at(x.n);
        let (c2, c3) = rest.split_at(x.n);
        let rows = c0.iter().zip(c1).zip(c2).zip(c3).zip(&x.squares);
        for (distance, ((((z0, z1), z2), z3), square)) in closest.iter_mut().zip(rows) {
            *distance = lower(*distance, dot_4(centre, [*z0, *z1, *z2, *z3]), own, *square);
        }
        sum(closest)
    }
}

#[inline(always)]
fn lower(closest: f64, dot: f64, own: f64, square: f64) -> f64 {
    let distance = -2.0 * dot + own + square;
    minimum(closest, if distance < 0.0 { 0.0 } else { distance })
}

fn cumulate(values: &[f64], cumulative: &mut [f64]) {
    let mut sum = 0.0;
    for (total, value) in cumulative.iter_mut().zip(values) {
        sum += value;
        *total = sum;
    }
}

// Adds in eight strands. scikit-learn's BLAS leaves the order open, so no order would be the same.
#[inline(always)]
fn sum(values: &[f64]) -> f64 {
    let mut strands = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let mut rest = 0.0;
    for value in chunks.remainder() {
        rest += value;
    }
    for chunk in chunks {
        for (strand, value) in strands.iter_mut().zip(chunk) {
            *strand += value;
        }
    }
    strands.iter().sum::<f64>() + rest
}
