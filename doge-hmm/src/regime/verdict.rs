//! The regime, the confidence and the bias that follow from probabilities. Reference: `judge` in `detector/inference.py`.

use super::N_STATES;

/// A regime with its confidence and bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The most probable regime, the lowest on a tie.
    pub regime: usize,
    /// The highest probability minus the second, from 0 to 1, rounded to 4 decimals.
    pub confidence: f64,
    /// The bias, from -1 (bearish) to 1 (bullish), rounded to 4 decimals.
    pub bias_signal: f64,
}

/// Derive the verdict from probabilities (bearish, ranging, bullish), which must not be NaN.
///
/// A confidence below `threshold` gives a bias of 0; `gain` scales the bias.
pub fn judge(probabilities: &[f64; N_STATES], threshold: f64, gain: f64) -> Verdict {
    let mut sorted = *probabilities;
    sorted.sort_by(|a, b| b.total_cmp(a));
    let confidence = sorted[0] - sorted[1];
    let mut bias = 0.0;
    if confidence >= threshold {
        let lean = (probabilities[2] - probabilities[0]) * gain;
        bias = if lean < 1.0 { lean } else { 1.0 };
        bias = if bias > -1.0 { bias } else { -1.0 };
    }
    Verdict {
        regime: probabilities.iter().position(|p| *p == sorted[0]).unwrap_or(0),
        confidence: round_4(confidence),
        bias_signal: round_4(bias) + 0.0,
    }
}

/// Python's `round(x, 4)`: rounds the exact value, ties to even.
///
/// DIFFERENCE: most values are scaled, rounded and scaled back, a tenth of the time. The middle between two decimals is then a
/// double, so that the rounded product is never beyond it; where it is on the middle, the decimals have to decide.
pub fn round_4(x: f64) -> f64 {
    let scaled = x * 1e4;
    let beyond = (scaled - scaled.trunc()).abs();
    if scaled.abs() < 1e6 && beyond != 0.5 {
        return scaled.round() / 1e4;
    }
    by_decimals(x)
}

fn by_decimals(x: f64) -> f64 {
    format!("{x:.4}").parse().expect("what was just written is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Source: Python's round(x, 4).
    #[test]
    fn rounds_as_python_does() {
        for (x, expected) in [
            (0.03125, 0.0312),
            (0.09375, 0.0938),
            (-0.03125, -0.0312),
            (0.12345, 0.1235),
            (2.00005, 2.0),
            (0.15625, 0.1562),
        ] {
            assert_eq!(round_4(x), expected, "{x}");
        }
    }

    #[test]
    fn the_short_way_gives_the_same_bits() {
        let mut checked = 0;
        // Every decimal and every middle up to 1, with their neighbours, and what lies between.
        for step in -40_000_i32..=40_000 {
            let middle = f64::from(step) / 20_000.0;
            let (above, below) = (middle.to_bits() + 1, middle.to_bits().max(1) - 1);
            let near = [middle, f64::from_bits(above), f64::from_bits(below)];
            for x in near.into_iter().chain([middle + 0.000_013, middle - 0.000_024_999_9]) {
                assert_eq!(round_4(x).to_bits(), by_decimals(x).to_bits(), "{x:?}");
                checked += 1;
            }
        }
        assert_eq!(checked, 5 * 80_001);
        for x in [0.0, -0.0, -1e-9, 1e-300, 123_456.789_05, 1e300, f64::INFINITY] {
            assert_eq!(round_4(x).to_bits(), by_decimals(x).to_bits(), "{x:?}");
        }
    }

    #[test]
    fn below_the_threshold_there_is_no_bias() {
        let verdict = judge(&[0.3, 0.36, 0.34], 0.15, 1.0);
        assert_eq!((verdict.regime, verdict.confidence, verdict.bias_signal), (1, 0.02, 0.0));
    }

    #[test]
    fn a_bias_is_clamped() {
        assert_eq!(judge(&[0.9, 0.05, 0.05], 0.15, 5.0).bias_signal, -1.0);
        assert_eq!(judge(&[0.05, 0.05, 0.9], 0.15, 5.0).bias_signal, 1.0);
        assert_eq!(judge(&[0.4, 0.4, 0.2], 0.0, 0.0).bias_signal.to_bits(), 0);
    }
}
