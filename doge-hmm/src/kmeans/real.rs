//! The two types of data that scikit-learn's k-means keeps: float64 and float32.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

use super::tiles::Lanes;

/// float64 or float32, with the arithmetic that k-means needs.
pub trait Real:
    Copy
    + Debug
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// A label as wide as the number, so that both are selected at once.
    type Label: Copy + Debug + PartialEq + Send + Sync + Into<u64>;

    /// 0
    const ZERO: Self;
    /// -0
    const MINUS_ZERO: Self;
    /// -2
    const MINUS_TWO: Self;
    /// Positive infinity.
    const INFINITY: Self;
    /// The numbers in a 128-bit register, with which numpy's einsum is compiled.
    const EINSUM_LANES: usize;
    /// The rows that OpenBLAS's matrix-vector product adds up before it adds their sum to the result.
    const BLOCK: usize;

    /// `self * factor + term`, rounded once.
    fn fused(self, factor: Self, term: Self) -> Self;
    /// The same number as float64.
    fn wide(self) -> f64;
    /// The same numbers as float64.
    fn widened(values: &[Self]) -> Cow<'_, [f64]>;
    /// The same numbers as float64.
    fn widened_lanes(values: &[Lanes<Self>]) -> Cow<'_, [Lanes<f64>]>;
    /// The nearest number of this type.
    fn nearest(value: f64) -> Self;
    /// True for NaN.
    fn is_nan(self) -> bool;
    /// A label in the bits of a number.
    fn from_label(label: u32) -> Self;
    /// The label in the bits of a number.
    fn label(self) -> Self::Label;
    /// The number if the mask has all bits set, 0 if it has none.
    fn masked(self, mask: u64) -> Self;
    /// The sums of columns as OpenBLAS's matrix-vector product adds them up. Source: `potential`.
    fn column_sums(columns: &[&[Self]]) -> Vec<Self>;
}

impl Real for f64 {
    type Label = u64;

    const ZERO: Self = 0.0;
    const MINUS_ZERO: Self = -0.0;
    const MINUS_TWO: Self = -2.0;
    const INFINITY: Self = f64::INFINITY;
    const EINSUM_LANES: usize = 2;
    const BLOCK: usize = 2048;

    #[inline(always)]
    fn fused(self, factor: Self, term: Self) -> Self {
        self.mul_add(factor, term)
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    fn widened(values: &[Self]) -> Cow<'_, [f64]> {
        Cow::Borrowed(values)
    }

    fn widened_lanes(values: &[Lanes<Self>]) -> Cow<'_, [Lanes<f64>]> {
        Cow::Borrowed(values)
    }

    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn from_label(label: u32) -> Self {
        f64::from_bits(u64::from(label))
    }

    #[inline(always)]
    fn label(self) -> u64 {
        self.to_bits()
    }

    #[inline(always)]
    fn masked(self, mask: u64) -> Self {
        f64::from_bits(self.to_bits() & mask)
    }

    fn column_sums(columns: &[&[Self]]) -> Vec<Self> {
        super::potential::column_sums_64(columns)
    }
}

impl Real for f32 {
    type Label = u32;

    const ZERO: Self = 0.0;
    const MINUS_ZERO: Self = -0.0;
    const MINUS_TWO: Self = -2.0;
    const INFINITY: Self = f32::INFINITY;
    const EINSUM_LANES: usize = 4;
    const BLOCK: usize = 4096;

    #[inline(always)]
    fn fused(self, factor: Self, term: Self) -> Self {
        self.mul_add(factor, term)
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn widened(values: &[Self]) -> Cow<'_, [f64]> {
        values.iter().map(|&value| f64::from(value)).collect()
    }

    fn widened_lanes(values: &[Lanes<Self>]) -> Cow<'_, [Lanes<f64>]> {
        values.iter().map(|lanes| lanes.map(f64::from)).collect()
    }

    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn from_label(label: u32) -> Self {
        f32::from_bits(label)
    }

    #[inline(always)]
    fn label(self) -> u32 {
        self.to_bits()
    }

    #[inline(always)]
    fn masked(self, mask: u64) -> Self {
        f32::from_bits(self.to_bits() & mask as u32)
    }

    fn column_sums(columns: &[&[Self]]) -> Vec<Self> {
        super::potential::column_sums_32(columns)
    }
}
