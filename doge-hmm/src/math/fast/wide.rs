//! The log-likelihood with exponents that never end: what a double loses to underflow is kept.

use std::f64::consts::{LN_2, LOG2_E};

use super::{Workspace, D, K, ROWS_PER_CHECK, STEPS_PER_ROW};
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::gaussian::at_least_tiny;
use crate::parameters::Parameters;

const MANTISSA_BITS: u32 = 52;
const BIAS: i64 = 1023;
// Sums and densities that are not smaller are exact enough as they are.
const LEAST: f64 = 1e-280;

// A number `mantissa` times 2 to the `exponent`. The mantissa is 0, or from 1 to 2.
#[derive(Clone, Copy)]
struct Wide {
    mantissa: f64,
    exponent: i64,
}

impl Wide {
    const ZERO: Self = Self { mantissa: 0.0, exponent: i64::MIN / 4 };

    // `value` must not be negative, and finite.
    #[inline(always)]
    fn new(value: f64, exponent: i64) -> Self {
        if value < f64::MIN_POSITIVE {
            return if value == 0.0 {
                Self::ZERO
            } else {
                Self::new(value * power_of_two(64), exponent - 64)
            };
        }
        let own = (value.to_bits() >> MANTISSA_BITS) as i64 - BIAS;
        Self { mantissa: value * power_of_two(-own), exponent: exponent + own }
    }

    fn exp(logarithm: f64) -> Self {
        let turns = (logarithm * LOG2_E).floor();
        Self::new((logarithm - turns * LN_2).exp(), turns as i64)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self::new(self.mantissa * other.mantissa, self.exponent + other.exponent)
    }

    fn sum(terms: [Self; K]) -> Self {
        let top = highest(&terms);
        Self::new(terms.iter().map(|term| term.mantissa * power_of_two(term.exponent - top)).sum(), top)
    }

    fn ln(self) -> f64 {
        self.mantissa.ln() + self.exponent as f64 * LN_2
    }
}

// 0 where that is less than any normal double. The exponent must not be above that of the largest one.
#[inline(always)]
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + BIAS).max(0) as u64) << MANTISSA_BITS)
}

#[inline(always)]
fn highest(terms: &[Wide; K]) -> i64 {
    terms[0].exponent.max(terms[1].exponent).max(terms[2].exponent)
}

// The states that a row reaches. Doubles do for what comes from a likely state; what only unlikely ones lead to is added up apart.
#[inline(always)]
fn reached(a: &[Wide; K], trans: &[[f64; K]; K]) -> [Wide; K] {
    let top = highest(a);
    let near: [f64; K] = std::array::from_fn(|i| a[i].mantissa * power_of_two(a[i].exponent - top));
    std::array::from_fn(|j| {
        let sum = near[0] * trans[0][j] + near[1] * trans[1][j] + near[2] * trans[2][j];
        if sum >= LEAST {
            return Wide::new(sum, top);
        }
        Wide::sum(std::array::from_fn(|i| a[i].times(Wide::new(trans[i][j], 0))))
    })
}

impl Workspace<'_> {
    // The log-likelihood beside `logarithm` and the highest densities, after a forward pass: densities are those that it left. Fails
    // if the caller interrupts.
    pub(super) fn rest_of_likelihood(
        &self,
        p: &Parameters,
        constants: &[f64],
        interrupt: &Interrupt<'_>,
    ) -> Result<f64, Interrupted> {
        let trans: [[f64; K]; K] = std::array::from_fn(|i| std::array::from_fn(|j| p.transmat[i * K + j]));
        let mut before: [Wide; K] = std::array::from_fn(|j| Wide::new(p.startprob[j], 0));
        let mut a = [Wide::ZERO; K];
        for t in 0..self.highest.len() {
            if t > 0 {
                before = reached(&a, &trans);
            }
            let b = self.density(t);
            // The highest density was 1 before the row was scaled.
            let scale = b[0].max(b[1]).max(b[2]);
            a = std::array::from_fn(|j| {
                if b[j] >= scale * LEAST {
                    return Wide::new(before[j].mantissa * b[j], before[j].exponent);
                }
                let density = Wide::exp(log_density(self.row(t), p, constants, j) - self.highest[t]);
                before[j].times(density.times(Wide::new(scale, 0)))
            });
            if t % ROWS_PER_CHECK == 0 {
                interrupt.check(STEPS_PER_ROW)?;
            }
        }
        Ok(Wide::sum(a).ln())
    }
}

fn log_density(row: [f64; D], p: &Parameters, constants: &[f64], j: usize) -> f64 {
    let part = |i: usize| {
        let z = row[i] - p.means[j * D + i];
        z * z * (-0.5 / at_least_tiny(p.covars[j * D + i]))
    };
    -0.5 * constants[j] + ((part(0) + part(1)) + (part(2) + part(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(wide: Wide, logarithm: f64) -> bool {
        (1.0..2.0).contains(&wide.mantissa)
            && (wide.ln() - logarithm).abs() <= 1e-12 * logarithm.abs().max(1.0)
    }

    #[test]
    fn products_and_sums_keep_what_doubles_lose() {
        let (small, smaller) = (Wide::exp(-5000.0), Wide::exp(-7000.5));
        assert!(is_near(small.times(smaller), -12000.5));
        assert!(is_near(Wide::sum([smaller, small, Wide::ZERO]), -5000.0));
        assert!(is_near(Wide::sum([small, small, small]), -5000.0 + 3_f64.ln()));
        assert!(is_near(Wide::new(5e-324, 0), 5e-324_f64.ln()));
        assert_eq!(Wide::sum([Wide::ZERO; K]).mantissa, 0.0);
        assert_eq!(small.times(Wide::ZERO).mantissa, 0.0);
    }

    #[test]
    fn a_state_that_only_an_unlikely_one_leads_to_is_reached() {
        let trans = [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]];
        let next = reached(&[Wide::exp(-1.0), Wide::exp(-9000.0), Wide::ZERO], &trans);
        assert!(is_near(next[0], -1.0));
        assert!(is_near(next[1], -9000.0 + 0.5_f64.ln()));
        assert!(is_near(next[2], -9000.0 + 0.5_f64.ln()));
    }
}
