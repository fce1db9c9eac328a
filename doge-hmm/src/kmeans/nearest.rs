//! The nearest centre of each row. Source: scikit-learn's `_update_chunk_dense`.

use super::real::Real;
use super::sums::squared_norm;
use super::tiles::{Lanes, Tiles, LANES};
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::simd::vectorised;

// The products of a feature with a centre's between two checks for an interruption.
const PRODUCTS_PER_CHECK: usize = 1 << 22;
// The centres whose products are computed together, so that every feature is loaded once for all of them.
const GROUP: usize = 4;

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
            let products = products_of::<T, K>(D, tile, centres);
            let mut nearest = Nearest::to(with_norm(products[0], norms[0]));
            for j in 1..K {
                nearest.offer(j, with_norm(products[j], norms[j]));
            }
            *labels = nearest.label.map(T::label);
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
    let k = norms.len();
    let grouped = k / GROUP * GROUP;
    for (tile, labels) in arrays.chunks_exact(d).zip(labels) {
        // The first centre is offered again, and is no nearer than itself.
        let mut nearest = Nearest::to(with_norm(products_of::<T, 1>(d, tile, centres)[0], norms[0]));
        for start in (0..grouped).step_by(GROUP) {
            let products = products_of::<T, GROUP>(d, tile, &centres[start * d..]);
            for (j, &product) in products.iter().enumerate() {
                nearest.offer(start + j, with_norm(product, norms[start + j]));
            }
        }
        for j in grouped.max(1)..k {
            let product = products_of::<T, 1>(d, tile, &centres[j * d..])[0];
            nearest.offer(j, with_norm(product, norms[j]));
        }
        *labels = nearest.label.map(T::label);
    }
}

// The products of the rows of a tile with the first centres, one feature after the other, each rounded once, as BLAS's matrix
// product adds them up; the choice between two centres at equal distances depends on it.
#[inline(always)]
fn products_of<T: Real, const K: usize>(d: usize, tile: &[Lanes<T>], centres: &[T]) -> [Lanes<T>; K] {
    let mut products = [[T::ZERO; LANES]; K];
    let centres: [&[T]; K] = std::array::from_fn(|j| &centres[j * d..(j + 1) * d]);
    for (i, array) in tile.iter().enumerate() {
        for j in 0..K {
            for l in 0..LANES {
                products[j][l] = array[l].fused(centres[j][i], products[j][l]);
            }
        }
    }
    products
}

// The squared distances, but for the rows' own lengths; rounded once, as BLAS does.
#[inline(always)]
fn with_norm<T: Real>(products: Lanes<T>, norm: T) -> Lanes<T> {
    products.map(|product| product.fused(T::MINUS_TWO, norm))
}

// The least distance of each row so far, and its centre: the first of equals, and the first centre if its distance is NaN.
struct Nearest<T> {
    least: Lanes<T>,
    label: Lanes<T>,
}

impl<T: Real> Nearest<T> {
    #[inline(always)]
    fn to(first: Lanes<T>) -> Self {
        Self { least: first, label: [T::from_label(0); LANES] }
    }

    #[inline(always)]
    fn offer(&mut self, j: usize, distances: Lanes<T>) {
        let own = T::from_label(j as u32);
        for l in 0..LANES {
            let nearer = distances[l] < self.least[l];
            self.label[l] = if nearer { own } else { self.label[l] };
            self.least[l] = if nearer { distances[l] } else { self.least[l] };
        }
    }
}
