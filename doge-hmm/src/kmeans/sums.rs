//! Sums in numpy's own orders.

use super::real::Real;

const STRANDS: usize = 8;
const BLOCK: usize = 128;

/// The sum of numbers that lie side by side. Source: numpy 2.4.6, `pairwise_sum` in `loops_utils.h.src`.
///
/// Fewer than 8 numbers are added in order; up to 128 in eight strands, whose sums are added in pairs; more are halved.
pub fn pairwise_sum<T: Real>(values: &[T]) -> T {
    pairwise_sum_of(values, |value| value)
}

// The sum of a function of each number.
fn pairwise_sum_of<T: Real>(values: &[T], term: impl Fn(T) -> T + Copy) -> T {
    let n = values.len();
    if n < STRANDS {
        return values.iter().fold(T::MINUS_ZERO, |sum, &value| sum + term(value));
    }
    if n > BLOCK {
        let half = n / 2 - n / 2 % STRANDS;
        return pairwise_sum_of(&values[..half], term) + pairwise_sum_of(&values[half..], term);
    }
    let mut s: [T; STRANDS] = std::array::from_fn(|i| term(values[i]));
    let chunks = values[STRANDS..].chunks_exact(STRANDS);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (strand, &value) in s.iter_mut().zip(chunk) {
            *strand += term(value);
        }
    }
    let sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    rest.iter().fold(sum, |sum, &value| sum + term(value))
}

/// The mean of numbers that lie side by side. Source: numpy, `_mean`.
pub fn mean<T: Real>(values: &[T]) -> T {
    over(pairwise_sum(values), values.len())
}

/// The mean of a function of every number, column by column, of a matrix of `d` columns. Source: numpy, `_mean`, `_var`.
///
/// Columns are added up row by row, but a single column, whose numbers lie side by side, pairwise.
pub fn column_means<T: Real>(rows: &[T], d: usize, term: impl Fn(T) -> T + Copy) -> Vec<T> {
    let n = rows.len() / d;
    if d == 1 {
        return vec![over(T::ZERO + pairwise_sum_of(rows, term), n)];
    }
    let mut sums = vec![T::ZERO; d];
    for row in rows.chunks_exact(d) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += term(value);
        }
    }
    sums.into_iter().map(|sum| over(sum, n)).collect()
}

// A sum divided by a count, in float64 as numpy does.
fn over<T: Real>(sum: T, count: usize) -> T {
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
