//! Sums and products in the order of OpenBLAS's matrix-vector product, with which scikit-learn computes potentials and the
//! distances from the first seed.
//!
//! Source: OpenBLAS 0.3, `kernel/x86_64/dgemv_t_4.c` and `sgemv_t_4.c` for Haswell, which compute products of the columns of a
//! matrix with a vector: columns by four, the next two as a pair, the last one alone. For up to three columns every kernel from
//! Prescott to SkylakeX has the same order; for more (k-means of 8 clusters and more) those for AVX-512 have another one.

use super::real::Real;
use super::tiles::{Lanes, LANES};
use crate::math::simd::vectorised;

/// The sums of the numbers of each column. Two columns that are left over when columns are taken by four are paired.
pub fn column_sums<T: Real>(columns: &[&[T]]) -> Vec<T> {
    let fours = columns.len() / 4 * 4;
    let pair = fours..fours + (columns.len() & 2);
    columns.iter().enumerate().map(|(at, column)| T::column_sum(column, pair.contains(&at))).collect()
}

// Adds in blocks to a running total; the numbers behind the last whole four are added up first, and then to the total.
#[inline(always)]
fn blockwise<T: Real>(values: &[T], block_sum: impl Fn(&[T]) -> T) -> T {
    let fours = values.len() / 4 * 4;
    let mut total = T::ZERO;
    for block in values[..fours].chunks(T::BLOCK) {
        total += block_sum(block);
    }
    if let Some((&first, rest)) = values[fours..].split_first() {
        total += rest.iter().fold(first, |sum, &value| sum + value);
    }
    total
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
    /// The sum of one column of float64.
    pub fn column_sum_64(values: &[f64], paired: bool) -> f64 {
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
    /// The sum of one column of float32.
    pub fn column_sum_32(values: &[f32], paired: bool) -> f32 {
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
    let (rest, centre) = (&tile[fours..], &centre[fours..]);
    std::array::from_fn(|l| with_rest((s[0][l] + s[2][l]) + (s[1][l] + s[3][l]), |i| rest[i][l], centre))
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
