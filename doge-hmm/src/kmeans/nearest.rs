//! The nearest centre of each row. Source: scikit-learn's `_update_chunk_dense`.

use super::real::Real;
use super::sums::squared_norm;
use super::tiles::{Lanes, Tiles, LANES};
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::simd::vectorised;

// The products of a feature with a centre's between two checks for an interruption.
const PRODUCTS_PER_CHECK: usize = 1 << 22;

/// Assign each row to its nearest centre, the first of equals, by c.c - 2 z.c.
pub fn assign<T: Real>(
    tiles: &Tiles<T>,
    centres: &[T],
    labels: &mut [Lanes<u32>],
    interrupt: &Interrupt<'_>,
) -> Result<(), Interrupted> {
    let d = tiles.d;
    let norms: Vec<T> = centres.chunks_exact(d).map(squared_norm).collect();
    let tiles_per_check = (PRODUCTS_PER_CHECK / (centres.len() * LANES)).max(1);
    for (arrays, labels) in tiles.arrays.chunks(tiles_per_check * d).zip(labels.chunks_mut(tiles_per_check)) {
        // The compiler unrolls the loops over a number of features that it knows.
        match d {
            1 => nearest_of([(); 1], arrays, centres, &norms, labels),
            2 => nearest_of([(); 2], arrays, centres, &norms, labels),
            3 => nearest_of([(); 3], arrays, centres, &norms, labels),
            4 => nearest_of([(); 4], arrays, centres, &norms, labels),
            5 => nearest_of([(); 5], arrays, centres, &norms, labels),
            6 => nearest_of([(); 6], arrays, centres, &norms, labels),
            _ => nearest_any(arrays, centres, &norms, labels),
        }
        interrupt.check(arrays.len() * norms.len())?;
    }
    Ok(())
}

vectorised! {
    fn nearest_of[T: Real, const D: usize](
        _features: [(); D], arrays: &[Lanes<T>], centres: &[T], norms: &[T], labels: &mut [Lanes<u32>],
    ) {
        nearest(D, arrays, centres, norms, labels);
    }
}

vectorised! {
    fn nearest_any[T: Real](arrays: &[Lanes<T>], centres: &[T], norms: &[T], labels: &mut [Lanes<u32>]) {
        nearest(centres.len() / norms.len(), arrays, centres, norms, labels);
    }
}

#[inline(always)]
fn nearest<T: Real>(d: usize, arrays: &[Lanes<T>], centres: &[T], norms: &[T], labels: &mut [Lanes<u32>]) {
    for (tile, labels) in arrays.chunks_exact(d).zip(labels) {
        let mut least = distances(tile, &centres[..d], norms[0]);
        let mut label = [T::from_label(0); LANES];
        for (j, (centre, &norm)) in centres.chunks_exact(d).zip(norms).enumerate().skip(1) {
            let own = T::from_label(j as u32);
            let others = distances(tile, centre, norm);
            for l in 0..LANES {
                let nearer = others[l] < least[l];
                label[l] = if nearer { own } else { label[l] };
                least[l] = if nearer { others[l] } else { least[l] };
            }
        }
        *labels = label.map(T::label);
    }
}

// The product is added up feature by feature, each rounded once, as BLAS's matrix product does; the choice between two centres
// at equal distances depends on it.
#[inline(always)]
fn distances<T: Real>(tile: &[Lanes<T>], centre: &[T], norm: T) -> Lanes<T> {
    let mut product = [T::ZERO; LANES];
    for (array, &c) in tile.iter().zip(centre) {
        for l in 0..LANES {
            product[l] = array[l].fused(c, product[l]);
        }
    }
    product.map(|product| product.fused(T::MINUS_TWO, norm))
}
