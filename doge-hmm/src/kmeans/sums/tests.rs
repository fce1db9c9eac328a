use super::*;

// 1, 1/2, 1/3, ... in a type.
fn reciprocals<T: Real>(n: usize) -> Vec<T> {
    (1..=n).map(|i| T::nearest(1.0 / i as f64)).collect()
}

// Source: numpy 2.4.6, `np.add.reduce(1.0 / np.arange(1, n + 1))`.
#[test]
fn float64_is_added_up_as_numpy_does() {
    for (n, bits) in [
        (1, 0x3ff0000000000000),
        (7, 0x4004be2be2be2be2),
        (8, 0x4005be2be2be2be2),
        (9, 0x4006a1ba1ba1ba1b),
        (127, 0x4015b38ae9541ca6),
        (128, 0x4015bb8ae9541ca7),
        (129, 0x4015c37b09149ba9),
        (136, 0x4015f9633591b269),
        (1000, 0x401df11f45f4e61a),
        (3003, 0x40212b644011417a),
        (70001, 0x4027778bb046bc7e),
    ] {
        assert_eq!(pairwise_sum(&reciprocals::<f64>(n)).to_bits(), bits, "{n}");
    }
}

// Source: numpy 2.4.6, the same with float32.
#[test]
fn float32_is_added_up_as_numpy_does() {
    for (n, bits) in [
        (1, 0x3f800000),
        (7, 0x4025f160),
        (8, 0x402df160),
        (9, 0x40350dd2),
        (127, 0x40ad9c59),
        (128, 0x40addc58),
        (129, 0x40ae1bda),
        (136, 0x40afcb1b),
        (1000, 0x40ef88fc),
        (3003, 0x41095b23),
        (70001, 0x413bbc5d),
    ] {
        assert_eq!(pairwise_sum(&reciprocals::<f32>(n)).to_bits(), bits, "{n}");
    }
}

#[test]
fn a_single_column_is_added_up_pairwise_and_others_row_by_row() {
    let column: Vec<f64> = reciprocals(1000);
    let in_order = column.iter().fold(0.0, |sum, value| sum + value);
    let both: Vec<f64> = column.iter().flat_map(|&value| [value, value]).collect();
    assert_eq!(column_means(&column, 1, |value| value), [pairwise_sum(&column) / 1000.0]);
    assert_eq!(column_means(&both, 2, |value| value), [in_order / 1000.0; 2]);
    assert_ne!(in_order, pairwise_sum(&column));
}

// Source: numpy 2.4.6, `np.einsum("ij,ij->i", row, row)` with the reciprocals as the row.
#[test]
fn squares_are_added_up_as_einsum_does() {
    for (d, bits) in [
        (2, 0x3ff4000000000000),
        (5, 0x3ff76af37c048d16),
        (9, 0x3ff8a2e37d0cbe1a),
        (17, 0x3ff967a80a935c6a),
        (33, 0x3ff9d763ee7656b8),
        (40, 0x3ff9ec84ef0a7fe2),
    ] {
        assert_eq!(squared_norm(&reciprocals::<f64>(d)).to_bits(), bits, "{d}");
    }
    for (d, bits) in [
        (3, 0x3fae38e4),
        (5, 0x3fbb579c),
        (15, 0x3fca4bde),
        (17, 0x3fcb3d40),
        (33, 0x3fcebb20),
        (40, 0x3fcf6428),
    ] {
        assert_eq!(squared_norm(&reciprocals::<f32>(d)).to_bits(), bits, "{d}");
    }
}
