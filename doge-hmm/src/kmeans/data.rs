//! The data as k-means uses them: centred, and in the layouts that its loops need.

use std::borrow::Cow;

use super::real::Real;
use super::sums::{column_means, mean, squared_norm};
use super::tiles::{room_for, Lanes, Tiles};

const TOLERANCE: f64 = 1e-4;

/// Rows of features minus the column means.
pub struct Data<T> {
    /// The centred values row by row.
    pub rows: Vec<T>,
    /// The centred values in tiles.
    pub tiles: Tiles<T>,
    /// The mean of each column.
    pub means: Vec<T>,
    /// The distance, squared and summed over all centres, by which centres may move in the last round.
    pub tolerance: T,
    /// The number of rows.
    pub n: usize,
    /// The number of features.
    pub d: usize,
}

impl<T: Real> Data<T> {
    /// Centre rows of `d` features. Source: `KMeans.fit`, `_tolerance`.
    pub fn new(x: &[T], d: usize) -> Self {
        let n = x.len() / d;
        let means = column_means(x, d, |value| value);
        let mut rows = Vec::with_capacity(x.len());
        for row in x.chunks_exact(d) {
            rows.extend(row.iter().zip(&means).map(|(&value, &mean)| value - mean));
        }
        let variances = column_means(&rows, d, |z| z * z);
        let tolerance = mean(&variances) * T::nearest(TOLERANCE);
        let tiles = Tiles::new(&rows, d);
        Self { rows, tiles, means, tolerance, n, d }
    }
}

/// The data in float64, in which k-means++ computes distances whatever the type of the data.
pub struct Wide<'a> {
    /// The number of features.
    pub d: usize,
    /// The values in tiles.
    pub arrays: Cow<'a, [Lanes<f64>]>,
    /// The squared length of each row.
    pub squares: Vec<Lanes<f64>>,
    rows: Cow<'a, [f64]>,
}

impl<'a> Wide<'a> {
    /// Convert centred rows. Source: `_euclidean_distances_upcast`.
    pub fn new<T: Real>(data: &'a Data<T>) -> Self {
        let (rows, arrays) = (T::widened(&data.rows), T::widened_lanes(&data.tiles.arrays));
        let mut squares = room_for(data.n, 0.0);
        for (square, row) in squares.as_flattened_mut().iter_mut().zip(rows.chunks_exact(data.d)) {
            *square = squared_norm(row);
        }
        Self { d: data.d, arrays, squares, rows }
    }

    /// A row and its squared length.
    pub fn row(&self, t: usize) -> (&[f64], f64) {
        (&self.rows[t * self.d..(t + 1) * self.d], self.squares.as_flattened()[t])
    }
}
