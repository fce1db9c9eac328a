//! The log-likelihood with exponents that never end: what a double loses to underflow is kept, and no row takes a logarithm.

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::gaussian::at_least_tiny;
use crate::parameters::Parameters;

use super::{D, K, ROWS_PER_CHECK, STEPS_PER_ROW};

const MANTISSA_BITS: u32 = 52;
const BIAS: i64 = 1023;

// A number `mantissa` times 2 to the `exponent`. The mantissa is 0, or from 1 to 2.
#[derive(Clone, Copy)]
struct Wide {
    mantissa: f64,
    exponent: i64,
}

impl Wide {
    const ZERO: Self = Self { mantissa: 0.0, exponent: i64::MIN / 2 };

    // `value` must not be negative, and finite.
    fn new(value: f64, exponent: i64) -> Self {
        if value == 0.0 {
            return Self::ZERO;
        }
        let normal = if value < f64::MIN_POSITIVE { value * power_of_two(64) } else { value };
        let shift = if value < f64::MIN_POSITIVE { -64 } else { 0 };
        let own = ((normal.to_bits() >> MANTISSA_BITS) & 0x7ff) as i64 - BIAS;
        Self { mantissa: normal * power_of_two(-own), exponent: exponent + own + shift }
    }

    fn exp(logarithm: f64) -> Self {
        let turns = (logarithm * std::f64::consts::LOG2_E).floor();
        Self::new((logarithm - turns * std::f64::consts::LN_2).exp(), turns as i64)
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.mantissa * other.mantissa, self.exponent.saturating_add(other.exponent))
    }

    fn sum(terms: [Self; K]) -> Self {
        let top = terms.iter().map(|term| term.exponent).max().unwrap_or(0);
        let whole: f64 = terms.iter().map(|term| term.mantissa * power_of_two(term.exponent - top)).sum();
        Self::new(whole, top)
    }

    fn ln(self) -> f64 {
        self.mantissa.ln() + self.exponent as f64 * std::f64::consts::LN_2
    }
}

// 0 where that is less than any normal double.
fn power_of_two(exponent: i64) -> f64 {
    if exponent <= -BIAS {
        return 0.0;
    }
    f64::from_bits(((exponent + BIAS) as u64) << MANTISSA_BITS)
}

/// The log-likelihood of rows of four features under a model of three states. Fails if the caller interrupts.
pub fn log_likelihood(
    rows: &[f64],
    p: &Parameters,
    constants: &[f64],
    interrupt: &Interrupt<'_>,
) -> Result<f64, Interrupted> {
    let trans: [[Wide; K]; K] =
        std::array::from_fn(|i| std::array::from_fn(|j| Wide::new(p.transmat[i * K + j], 0)));
    let mut reached: [Wide; K] = std::array::from_fn(|j| Wide::new(p.startprob[j], 0));
    let mut a = [Wide::ZERO; K];
    for (t, row) in rows.chunks_exact(D).enumerate() {
        if t > 0 {
            reached = std::array::from_fn(|j| Wide::sum(std::array::from_fn(|i| a[i].times(trans[i][j]))));
        }
        a = std::array::from_fn(|j| reached[j].times(Wide::exp(log_density(row, p, constants, j))));
        if t % ROWS_PER_CHECK == 0 {
            interrupt.check(STEPS_PER_ROW)?;
        }
    }
    Ok(Wide::sum(a).ln())
}

fn log_density(row: &[f64], p: &Parameters, constants: &[f64], j: usize) -> f64 {
    let part = |i: usize| {
        let z = row[i] - p.means[j * D + i];
        z * z * (-0.5 / at_least_tiny(p.covars[j * D + i]))
    };
    -0.5 * constants[j] + ((part(0) + part(1)) + (part(2) + part(3)))
}
