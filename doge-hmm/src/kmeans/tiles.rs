//! Data in tiles of eight rows, feature by feature, so that one instruction works on several rows.

use super::real::Real;

/// Rows per tile.
pub const LANES: usize = 8;

/// One value for each row of a tile.
pub type Lanes<T> = [T; LANES];

/// The features of rows in tiles: for each tile `d` arrays, one per feature. The last tile is padded with zeros.
pub struct Tiles<T> {
    /// The arrays, tile by tile.
    pub arrays: Vec<Lanes<T>>,
    /// The number of features.
    pub d: usize,
}

impl<T: Real> Tiles<T> {
    /// Cut rows of `d` features into tiles.
    pub fn new(rows: &[T], d: usize) -> Self {
        let mut arrays = Vec::with_capacity(rows.len().div_ceil(LANES * d) * d);
        for tile in rows.chunks(LANES * d) {
            for i in 0..d {
                let mut array = [T::ZERO; LANES];
                for (lane, row) in array.iter_mut().zip(tile.chunks_exact(d)) {
                    *lane = row[i];
                }
                arrays.push(array);
            }
        }
        Self { arrays, d }
    }
}

/// Room for one value per row of `n` rows in tiles.
pub fn room_for<T: Copy>(n: usize, value: T) -> Vec<Lanes<T>> {
    vec![[value; LANES]; n.div_ceil(LANES)]
}
