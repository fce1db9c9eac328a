//! `exp` for many numbers at once, written so that the compiler can vectorise it.

const LOG2_E: f64 = std::f64::consts::LOG2_E;
// ln 2 in two parts; the high one has so few bits that its products with small integers are exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
// Adding this number rounds to an integer, which is then in the low bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
const LOWEST: f64 = -708.0;

/// `e^x` for `x <= 0`, within 2 units in the last place; 0 below -708, where `e^x` is at most 1e-307. NaN stays NaN.
#[inline(always)]
pub fn exp_of_negative(x: f64) -> f64 {
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    // Taylor's polynomial; |r| <= ln 2 / 2, so the remainder is below 2e-17.
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let a = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0));
    let b = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let c = (1.0 / 40_320.0 + r * (1.0 / 362_880.0)) + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let d = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let p = (a + r4 * b) + r8 * (c + r4 * d);
    // 2^n from its exponent bits; for x below the range the value is not used.
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    let value = p * scale;
    if x < LOWEST {
        0.0
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        let mut worst = 0.0f64;
        for i in 0..2_000_000 {
            let x = -708.0 * f64::from(i) / 2_000_000.0;
            let (ours, theirs) = (exp_of_negative(x), x.exp());
            worst = worst.max((ours - theirs).abs() / theirs);
        }
        assert!(worst < 4.5e-16, "{worst:e}");
    }

    #[test]
    fn is_exact_at_its_ends() {
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert_eq!(exp_of_negative(-709.0), 0.0);
        assert_eq!(exp_of_negative(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp_of_negative(-1e300), 0.0);
        assert!(exp_of_negative(f64::NAN).is_nan());
    }
}
