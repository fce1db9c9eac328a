//! Sums and products in the order of OpenBLAS's matrix-vector product, with which scikit-learn computes potentials and the
//! distances from the first seed.
//!
//! Source: OpenBLAS 0.3, `kernel/x86_64/dgemv_t_4.c` and `sgemv_t_4.c` for Haswell, which compute products of the columns of a
//! matrix with a vector: columns by four, the next two as a pair, the last one alone. The kernels for AVX-512 have the same
//! order, but for columns of up to eight float32. Older kernels have another one for columns by four, that is, for k-means of
//! 8 clusters and more.

use super::real::Real;
use super::tiles::{Lanes, LANES};
use crate::math::simd::vectorised;

/// The sums of columns of float64, all of one length.
pub fn column_sums_64(columns: &[&[f64]]) -> Vec<f64> {
    match *columns {
        // k-means of three to seven clusters.
        [a, b, c] => three_sums_64(a, b, c).to_vec(),
        _ => each_sum(columns, sum_64),
    }
}

/// The sums of columns of float32, all of one length.
pub fn column_sums_32(columns: &[&[f32]]) -> Vec<f32> {
    each_sum(columns, sum_32)
}

// Two columns that are left over when columns are taken by four are a pair.
fn each_sum<T: Real>(columns: &[&[T]], sum: fn(&[T], bool) -> T) -> Vec<T> {
    let fours = columns.len() / 4 * 4;
    let pair = fours..fours + (columns.len() & 2);
    columns.iter().enumerate().map(|(at, column)| sum(column, pair.contains(&at))).collect()
}

// Adds in blocks to a running total; the numbers behind the last whole four are added up first, and then to the total.
#[inline(always)]
fn blockwise<T: Real>(values: &[T], block_sum: impl Fn(&[T]) -> T) -> T {
    let fours = values.len() / 4 * 4;
    let mut total = T::ZERO;
    for block in values[..fours].chunks(T::BLOCK) {
        total += block_sum(block);
    }
    total + left_over(&values[fours..])
}

#[inline(always)]
fn left_over<T: Real>(values: &[T]) -> T {
    match values.split_first() {
        Some((&first, rest)) => rest.iter().fold(first, |sum, &value| sum + value),
        None => T::ZERO,
    }
}

#[inline(always)]
fn strands<T: Real, const S: usize>(values: &[T], sums: &mut [T; S]) {
    for chunk in values.chunks_exact(S) {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
}

vectorised! {
    fn sum_64(values: &[f64], paired: bool) -> f64 {
        blockwise(values, |block| {
            if paired {
                let mut s = [0.0; 2];
                strands(block, &mut s);
                s[0] + s[1]
            } else {
                let mut s = [0.0; 4];
                strands(block, &mut s);
                (s[0] + s[2]) + (s[1] + s[3])
            }
        })
    }
}

vectorised! {
    // A pair and a column alone. Each addition waits for the one before it, but the three columns do not wait for each other.
    fn three_sums_64(a: &[f64], b: &[f64], c: &[f64]) -> [f64; 3] {
        let fours = a.len() / 4 * 4;
        let mut totals = [0.0; 3];
        let blocks = a[..fours].chunks(f64::BLOCK).zip(b[..fours].chunks(f64::BLOCK)).zip(c[..fours].chunks(f64::BLOCK));
        for ((a, b), c) in blocks {
            let (mut p, mut q, mut s) = ([0.0; 2], [0.0; 2], [0.0; 4]);
            for ((a, b), c) in a.chunks_exact(4).zip(b.chunks_exact(4)).zip(c.chunks_exact(4)) {
                p = [p[0] + a[0] + a[2], p[1] + a[1] + a[3]];
                q = [q[0] + b[0] + b[2], q[1] + b[1] + b[3]];
                s = [s[0] + c[0], s[1] + c[1], s[2] + c[2], s[3] + c[3]];
            }
            totals[0] += p[0] + p[1];
            totals[1] += q[0] + q[1];
            totals[2] += (s[0] + s[2]) + (s[1] + s[3]);
        }
        for (total, column) in totals.iter_mut().zip([a, b, c]) {
            *total += left_over(&column[fours..]);
        }
        totals
    }
}

vectorised! {
    fn sum_32(values: &[f32], paired: bool) -> f32 {
        blockwise(values, |block| {
            if paired {
                let mut s = [0.0; 4];
                strands(block, &mut s);
                return (s[0] + s[1]) + (s[2] + s[3]);
            }
            // Two registers take turns; a four that is left over comes first.
            let mut s = [0.0; 8];
            let (first, rest) = block.split_at(block.len() % 8);
            for (sum, &value) in s.iter_mut().zip(first) {
                *sum = value;
            }
            strands(rest, &mut s);
            let t = [s[0] + s[4], s[1] + s[5], s[2] + s[6], s[3] + s[7]];
            (t[0] + t[1]) + (t[2] + t[3])
        })
    }
}

/// The products of all rows of a tile with a centre, as of rows that are taken by four.
#[inline(always)]
pub fn products_by_four(tile: &[Lanes<f64>], centre: &[f64]) -> Lanes<f64> {
    let fours = centre.len() / 4 * 4;
    let mut s = [[0.0; LANES]; 4];
    for (four, c) in tile[..fours].chunks_exact(4).zip(centre.chunks_exact(4)) {
        for i in 0..4 {
            for l in 0..LANES {
                s[i][l] = four[i][l].mul_add(c[i], s[i][l]);
            }
        }
    }
    let mut products = [0.0; LANES];
    for (l, product) in products.iter_mut().enumerate() {
        let sum = (s[0][l] + s[2][l]) + (s[1][l] + s[3][l]);
        *product = with_rest(sum, |i| tile[fours + i][l], &centre[fours..]);
    }
    products
}

/// The product of a row with a centre, as of one of two rows that are left over if paired, or of a row that is left alone.
pub fn product_left_over(row: &[f64], centre: &[f64], paired: bool) -> f64 {
    let fours = centre.len() / 4 * 4;
    let mut s = [0.0; 4];
    let strands = if paired { 2 } else { 4 };
    for i in 0..fours {
        s[i % strands] += row[i] * centre[i];
    }
    let sum = if paired { s[0] + s[1] } else { (s[0] + s[2]) + (s[1] + s[3]) };
    with_rest(sum, |i| row[fours + i], &centre[fours..])
}

// Up to three products behind the last whole four are added up first, and then to the sum of the others.
#[inline(always)]
fn with_rest(sum: f64, row: impl Fn(usize) -> f64, centre: &[f64]) -> f64 {
    match *centre {
        [] => sum,
        [c0] => row(0).mul_add(c0, sum),
        [c0, c1] => sum + row(0).mul_add(c0, row(1) * c1),
        [c0, c1, c2] => sum + row(2).mul_add(c2, row(0).mul_add(c0, row(1) * c1)),
        _ => unreachable!("fewer than four are left over"),
    }
}

#[cfg(test)]
mod tests;
