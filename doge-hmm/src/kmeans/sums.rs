//! Sums in numpy's own orders.

use super::real::Real;

const STRANDS: usize = 8;
const BLOCK: usize = 128;

/// The sum of numbers that lie side by side. Source: numpy 2.4.6, `pairwise_sum` in `loops_utils.h.src`.
///
/// Fewer than 8 numbers are added in order; up to 128 in eight strands, whose sums are added in pairs; more are halved.
pub fn pairwise_sum<T: Real>(values: &[T]) -> T {
    let n = values.len();
    if n < STRANDS {
        return values.iter().fold(T::MINUS_ZERO, |sum, &value| sum + value);
    }
    if n > BLOCK {
        let half = n / 2 - n / 2 % STRANDS;
        return pairwise_sum(&values[..half]) + pairwise_sum(&values[half..]);
    }
    let mut chunks = values.chunks_exact(STRANDS);
    let mut s = [T::ZERO; STRANDS];
    s.copy_from_slice(chunks.next().expect("there are at least 8 numbers"));
    for chunk in chunks.by_ref() {
        for (strand, &value) in s.iter_mut().zip(chunk) {
            *strand += value;
        }
    }
    let sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    chunks.remainder().iter().fold(sum, |sum, &value| sum + value)
}

/// The sum of numbers divided by their count. Source: numpy, `_mean`, which divides in float64.
pub fn mean<T: Real>(values: &[T]) -> T {
    over(pairwise_sum(values), values.len())
}

/// The sum of every column of a matrix of `d` columns: row by row, but pairwise for a single column, whose numbers lie side by
/// side.
pub fn column_sums<T: Real>(rows: &[T], d: usize) -> Vec<T> {
    if d == 1 {
        return vec![T::ZERO + pairwise_sum(rows)];
    }
    let mut sums = vec![T::ZERO; d];
    for row in rows.chunks_exact(d) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums
}

/// A sum divided by a count, in float64.
pub fn over<T: Real>(sum: T, count: usize) -> T {
    T::nearest(sum.wide() / count as f64)
}

/// The sum of the squares of a row. Source: numpy's einsum, `sum_of_products_contig_contig_outstride0_two`.
///
/// It adds in as many strands as a register has lanes, and takes four registers at a time from the last to the first.
pub fn squared_norm<T: Real>(row: &[T]) -> T {
    let lanes = T::EINSUM_LANES;
    let mut strands = [T::ZERO; 4];
    let mut add = |values: &[T]| {
        for (strand, &z) in strands.iter_mut().zip(values) {
            *strand += z * z;
        }
    };
    let blocks = row.chunks_exact(4 * lanes);
    let rest = blocks.remainder();
    for block in blocks {
        block.chunks_exact(lanes).rev().for_each(&mut add);
    }
    rest.chunks(lanes).for_each(&mut add);
    (strands[0] + strands[1]) + (strands[2] + strands[3])
}

#[cfg(test)]
mod tests;
