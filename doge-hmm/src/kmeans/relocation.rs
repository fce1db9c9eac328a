//! The rows to which empty clusters are moved.

use super::real::Real;
use super::sums::pairwise_sum;

/// The `count` rows that are farthest from their centres, the farthest first; none if every row is at its centre.
///
/// Source: `_relocate_empty_clusters_dense`. DIFFERENCE: among equal distances the first row wins here; numpy's argpartition,
/// which scikit-learn takes, has an order of its own for every kind of processor.
pub fn farthest<T: Real>(
    rows: &[T],
    d: usize,
    labels: &[T::Label],
    centres: &[T],
    count: usize,
) -> Vec<usize> {
    let mut squares = vec![T::ZERO; d];
    let mut distances = Vec::with_capacity(labels.len());
    for (row, &label) in rows.chunks_exact(d).zip(labels) {
        let j = label.into() as usize;
        let centre = &centres[j * d..(j + 1) * d];
        for ((square, &z), &c) in squares.iter_mut().zip(row).zip(centre) {
            *square = (z - c) * (z - c);
        }
        distances.push(pairwise_sum(&squares).wide());
    }
    if distances.iter().all(|&distance| distance == 0.0) {
        return Vec::new();
    }
    let farther = |&a: &usize, &b: &usize| distances[b].total_cmp(&distances[a]).then(a.cmp(&b));
    let mut chosen: Vec<usize> = (0..distances.len()).collect();
    if count < chosen.len() {
        chosen.select_nth_unstable_by(count, farther);
        chosen.truncate(count);
    }
    chosen.sort_by(farther);
    chosen
}
