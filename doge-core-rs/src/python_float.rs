//! Python's arithmetic on floats: `round`, `max`, `min` and `or`, exactly as Python has them on every double.

use num_bigint::BigUint;

/// CPython's limits: with more places a double keeps its value, with fewer it becomes zero.
const PLACES_MAX: i128 = 323;
const PLACES_MIN: i128 = -308;
const MANTISSA_BITS: u32 = 52;
/// Up to here every integer is a double, and up to 10^22 every power of ten.
const EXACT_INTEGERS: u128 = 1 << 53;
/// The largest power of ten of one word, whose product with a mantissa has at most 117 bits.
const WORD_POWER_MAX: i128 = 19;

/// The decimal with `places` places nearest to the exact binary value of `x`, ties to even, read back as a double.
/// Reference: `round(x, n)`.
///
/// DIFFERENCE: where Python raises `OverflowError` (a rounded value beyond the largest double) this returns an infinity of
/// that sign, as the reference's `round_price` does.
pub fn python_round(x: f64, places: i128) -> f64 {
    if !x.is_finite() || x == 0.0 || places > PLACES_MAX {
        return x;
    }
    if places < PLACES_MIN {
        return 0.0 * x;
    }
    round_positive(x.abs(), places as i32).copysign(x)
}

fn round_positive(x: f64, places: i32) -> f64 {
    let (mantissa, exponent) = decoded(x);
    if exponent >= 0 && places >= 0 {
        return x;
    }
    if (0..=WORD_POWER_MAX).contains(&i128::from(places)) && (-116..0).contains(&exponent) {
        let power = 10u64.pow(places as u32);
        let nearest = shifted_half_even(u128::from(mantissa) * u128::from(power), exponent.unsigned_abs());
        if nearest < EXACT_INTEGERS {
            // Both are exact, so the quotient is the double nearest to the decimal.
            return nearest as f64 / power as f64;
        }
    }
    round_exactly(mantissa, exponent, places)
}

/// Mantissa and exponent: `x` is their `mantissa * 2^exponent`.
fn decoded(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let (biased, fraction) = ((bits >> MANTISSA_BITS) as i32, bits & ((1 << MANTISSA_BITS) - 1));
    let hidden = if biased == 0 { 0 } else { 1 << MANTISSA_BITS };
    (fraction | hidden, biased.max(1) - 1075)
}

/// A number divided by a power of two, rounded to the nearest integer, ties to even.
fn shifted_half_even(number: u128, shift: u32) -> u128 {
    let (whole, rest, half) = (number >> shift, number & ((1 << shift) - 1), 1 << (shift - 1));
    whole + u128::from(rest > half || (rest == half && whole & 1 == 1))
}

/// The same for any positive double, in exact integers.
fn round_exactly(mantissa: u64, exponent: i32, places: i32) -> f64 {
    let ten = |power: i32| BigUint::from(10u8).pow(power.max(0).unsigned_abs());
    let numerator = (BigUint::from(mantissa) * ten(places)) << exponent.max(0).unsigned_abs();
    let denominator = ten(-places) << (-exponent).max(0).unsigned_abs();
    let nearest = half_even(&numerator, &denominator);
    format!("{nearest}e{}", -places).parse().expect("digits and an exponent are a float")
}

/// The nearest integer to a ratio, ties to even.
fn half_even(numerator: &BigUint, denominator: &BigUint) -> BigUint {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let up = match (rest << 1u8).cmp(denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole.bit(0),
        std::cmp::Ordering::Greater => true,
    };
    whole + u8::from(up)
}

/// The nearest integer, ties to even, without a negative zero. Reference: `float(round(x))`.
pub fn round_whole(x: f64) -> f64 {
    // Minus zero plus zero is zero.
    x.round_ties_even() + 0.0
}

/// Reference: `max(a, b)`, which is `b` only if it is greater.
pub fn python_max(a: f64, b: f64) -> f64 {
    if b > a {
        b
    } else {
        a
    }
}

/// Reference: `min(a, b)`, which is `b` only if it is smaller.
pub fn python_min(a: f64, b: f64) -> f64 {
    if b < a {
        b
    } else {
        a
    }
}

/// Reference: `a or b` on floats; both zeros count as absent.
pub fn or_else(a: f64, b: f64) -> f64 {
    if a == 0.0 {
        b
    } else {
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: CPython 3.11, `round(x, n)`.
    #[test]
    fn rounds_as_python_does() {
        for (x, places, rounded) in [
            (2.675, 2, 2.67),
            (1.115, 2, 1.11),
            (0.5, 0, 0.0),
            (1.5, 0, 2.0),
            (2.5, 0, 2.0),
            (0.125, 2, 0.12),
            (0.375, 2, 0.38),
            (1250.0, -2, 1200.0),
            (1350.0, -2, 1400.0),
            (5e-324, 323, 0.0),
            (8e-324, 323, 1e-323),
            (1.7e308, -308, f64::INFINITY),
            (1e300, -309, 0.0),
            (1e22, 3, 1e22),
            (123_456_789.123_456_79, 17, 123_456_789.123_456_79),
            (5e15 + 0.5, 1, 5e15 + 0.5),
        ] {
            assert_eq!(python_round(x, places).to_bits(), f64::to_bits(rounded), "round({x:?}, {places})");
            assert_eq!(
                python_round(-x, places).to_bits(),
                f64::to_bits(-rounded),
                "round({:?}, {places})",
                -x
            );
        }
    }

    #[test]
    fn the_fast_way_and_the_exact_one_agree() {
        let mut seed = 1u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let x = f64::from_bits(seed & 0x3fff_ffff_ffff_ffff | 0x3800_0000_0000_0000);
            let (places, (mantissa, exponent)) = ((seed % 20) as i32, decoded(x));
            let exact = if exponent >= 0 { x } else { round_exactly(mantissa, exponent, places) };
            assert_eq!(round_positive(x, places).to_bits(), exact.to_bits(), "round({x:?}, {places})");
        }
    }

    #[test]
    fn whole_numbers_have_no_negative_zero() {
        assert_eq!(round_whole(-0.2).to_bits(), 0.0f64.to_bits());
        assert_eq!(round_whole(2.5), 2.0);
    }

    #[test]
    fn the_first_argument_wins_a_tie() {
        assert_eq!(python_max(-0.0, 0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(python_min(0.0, -0.0).to_bits(), 0.0f64.to_bits());
        assert_eq!(python_max(0.0, f64::NAN), 0.0);
        assert_eq!(or_else(-0.0, 3.0), 3.0);
    }
}
