use super::*;
use crate::kmeans::tiles::Tiles;

// 1, 1/2, 1/3, ... in a type.
fn reciprocals<T: Real>(n: usize) -> Vec<T> {
    (1..=n).map(|i| T::nearest(1.0 / i as f64)).collect()
}

fn sums<T: Real>(n: usize, columns: usize) -> Vec<T> {
    let column = reciprocals::<T>(n);
    T::column_sums(&vec![&column[..]; columns])
}

// Source: numpy 2.4.6 with OpenBLAS's kernels for Haswell and SkylakeX, `np.tile(1 / np.arange(1, n + 1), (T, 1)) @ np.ones((n, 1))`.
#[test]
fn columns_are_added_up_as_openblas_does() {
    for (n, paired, alone) in [
        (9, 0x4006a1ba1ba1ba1b, 0x4006a1ba1ba1ba1b),
        (4099, 0x4021caab02d9bbe0, 0x4021caab02d9bbdc),
        (9001, 0x40235d5e932f2015, 0x40235d5e932f2011),
    ] {
        let bits = |columns| sums::<f64>(n, columns).iter().map(|sum| sum.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(2), [paired; 2], "{n}");
        assert_eq!(bits(3), [paired, paired, alone], "{n}");
        assert_eq!(bits(5), [alone; 5], "{n}");
    }
    for (n, paired, alone) in
        [(9, 0x40350dd2, 0x40350dd2), (4099, 0x410e555d, 0x410e5559), (9001, 0x411aeaf8, 0x411aeaf4)]
    {
        let bits = |columns| sums::<f32>(n, columns).iter().map(|sum| sum.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(2), [paired; 2], "{n}");
        assert_eq!(bits(3), [paired, paired, alone], "{n}");
        assert_eq!(bits(5), [alone; 5], "{n}");
    }
}

// Source: numpy 2.4.6, `x[[2]] @ x.T` for seven rows of `d` reciprocals: four together, a pair, and one alone.
#[test]
fn products_with_a_row_are_computed_as_openblas_does() {
    for (d, expected) in [
        (3, [0x3fcf06c5c1b1706c, 0x3f9bfb1506a5bfb1, 0x3f938469ade73846]),
        (4, [0x3fcb2aecdd597880, 0x3f958c425bac1b29, 0x3f8df852550c7dc6]),
        (6, [0x3fc5f3fdfe9ea8aa, 0x3f8d80bcd910877d, 0x3f8474a0adac1b37]),
        (9, [0x3fc14c72e46af099, 0x3f8405330a18a7f4, 0x3f7bb4d5c3a7dc46]),
    ] {
        let rows = reciprocals::<f64>(7 * d);
        let row = |t: usize| &rows[t * d..(t + 1) * d];
        let first = products_by_four(&Tiles::new(&rows, d).arrays, row(2))[0];
        let (fifth, last) =
            (product_left_over(row(4), row(2), true), product_left_over(row(6), row(2), false));
        assert_eq!([first, fifth, last].map(f64::to_bits), expected, "{d}");
    }
}
