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
    labels: &mut [Lanes<T::Label>],
    interrupt: &Interrupt<'_>,
) -> Result<(), Interrupted> {
    let d = tiles.d;
    let norms: Vec<T> = centres.chunks_exact(d).map(squared_norm).collect();
    let tiles_per_check = (PRODUCTS_PER_CHECK / (centres.len() * LANES)).max(1);
    for (arrays, labels) in tiles.arrays.chunks(tiles_per_check * d).zip(labels.chunks_mut(tiles_per_check)) {
        // The compiler unrolls the loops over a number of clusters or features that it knows.
        match (norms.len(), d) {
            (2, 4) => nearest_few([(); 2], [(); 4], arrays, centres, &norms, labels),
            (3, 4) => nearest_few([(); 3], [(); 4], arrays, centres, &norms, labels),
            (_, 1) => nearest_of([(); 1], arrays, centres, &norms, labels),
            (_, 2) => nearest_of([(); 2], arrays, centres, &norms, labels),
            (_, 3) => nearest_of([(); 3], arrays, centres, &norms, labels),
            (_, 4) => nearest_of([(); 4], arrays, centres, &norms, labels),
            (_, 5) => nearest_of([(); 5], arrays, centres, &norms, labels),
            (_, 6) => nearest_of([(); 6], arrays, centres, &norms, labels),
            _ => nearest_any(arrays, centres, &norms, labels),
        }
        interrupt.check(arrays.len() * norms.len())?;
    }
    Ok(())
}

vectorised! {
    // For few clusters: every feature is loaded once for all of them.
    fn nearest_few[T: Real, const K: usize, const D: usize](
        _clusters: [(); K], _features: [(); D], arrays: &[Lanes<T>], centres: &[T], norms: &[T], labels: &mut [Lanes<T::Label>],
    ) {
        for (tile, labels) in arrays.chunks_exact(D).zip(labels) {
            let mut products = [[T::ZERO; LANES]; K];
            for i in 0..D {
                for j in 0..K {
                    for l in 0..LANES {
                        products[j][l] = tile[i][l].fused(centres[j * D + i], products[j][l]);
                    }
                }
            }
            *labels = first_least(K, |j| with_norm(products[j], norms[j]));
        }
    }
}

vectorised! {
    fn nearest_of[T: Real, const D: usize](
        _features: [(); D], arrays: &[Lanes<T>], centres: &[T], norms: &[T], labels: &mut [Lanes<T::Label>],
    ) {
        nearest(D, arrays, centres, norms, labels);
    }
}

vectorised! {
    fn nearest_any[T: Real](arrays: &[Lanes<T>], centres: &[T], norms: &[T], labels: &mut [Lanes<T::Label>]) {
        nearest(centres.len() / norms.len(), arrays, centres, norms, labels);
    }
}

#[inline(always)]
fn nearest<T: Real>(
    d: usize,
    arrays: &[Lanes<T>],
    centres: &[T],
    norms: &[T],
    labels: &mut [Lanes<T::Label>],
) {
    for (tile, labels) in arrays.chunks_exact(d).zip(labels) {
        *labels = first_least(norms.len(), |j| {
            let mut products = [T::ZERO; LANES];
            for (array, &c) in tile.iter().zip(&centres[j * d..(j + 1) * d]) {
                for l in 0..LANES {
                    products[l] = array[l].fused(c, products[l]);
                }
            }
            with_norm(products, norms[j])
        });
    }
}

// The distances without the rows' own lengths. Products are added up feature by feature, each rounded once, and so is their
// difference from the norm, as BLAS's matrix product does; the choice between two centres at equal distances depends on it.
#[inline(always)]
fn with_norm<T: Real>(products: Lanes<T>, norm: T) -> Lanes<T> {
    products.map(|product| product.fused(T::MINUS_TWO, norm))
}

#[inline(always)]
fn first_least<T: Real>(k: usize, distances: impl Fn(usize) -> Lanes<T>) -> Lanes<T::Label> {
    let mut least = distances(0);
    let mut label = [T::from_label(0); LANES];
    for j in 1..k {
        let (own, others) = (T::from_label(j as u32), distances(j));
        for l in 0..LANES {
            let nearer = others[l] < least[l];
            label[l] = if nearer { own } else { label[l] };
            least[l] = if nearer { others[l] } else { least[l] };
        }
    }
    label.map(T::label)
}
