//! numpy's legacy random numbers (`RandomState`), which hmmlearn and scikit-learn draw.

use std::fmt;

const LENGTH: usize = 624;
const MIDDLE: usize = 397;

/// The error for a seed that numpy refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedOutOfRange;

impl fmt::Display for SeedOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed must be between 0 and 2**32 - 1")
    }
}

impl std::error::Error for SeedOutOfRange {}

/// `numpy.random.RandomState`, seeded with an integer: MT19937 and the legacy distributions.
#[derive(Clone)]
pub struct RandomState {
    words: [u32; LENGTH],
    position: usize,
}

impl RandomState {
    /// Seed as `RandomState(seed)` does: the generator's own recurrence, not `init_by_array`.
    pub fn new(seed: u32) -> Self {
        let mut words = [0u32; LENGTH];
        words[0] = seed;
        for i in 1..LENGTH {
            let before = words[i - 1];
            words[i] = 1_812_433_253u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(i as u32);
        }
        Self { words, position: LENGTH }
    }

    fn twist(&mut self) {
        for i in 0..LENGTH {
            let y = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % LENGTH] & 0x7fff_ffff);
            let mixed = if y & 1 == 0 { y >> 1 } else { (y >> 1) ^ 0x9908_b0df };
            self.words[i] = self.words[(i + MIDDLE) % LENGTH] ^ mixed;
        }
        self.position = 0;
    }

    fn word(&mut self) -> u32 {
        if self.position == LENGTH {
            self.twist();
        }
        let mut y = self.words[self.position];
        self.position += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// A uniform number in `[0, 1)` of 53 bits: `random_sample`.
    pub fn uniform(&mut self) -> f64 {
        let high = f64::from(self.word() >> 5);
        let low = f64::from(self.word() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// A gamma variate of a shape of at most 1: `legacy_standard_gamma`.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape == 1.0 {
            return self.exponential();
        }
        loop {
            let u = self.uniform();
            let e = self.exponential();
            if u <= 1.0 - shape {
                let x = u.powf(1.0 / shape);
                if x <= e {
                    return x;
                }
            } else {
                let y = -((1.0 - u) / shape).ln();
                let x = (1.0 - shape + shape * y).powf(1.0 / shape);
                if x <= e + y {
                    return x;
                }
            }
        }
    }

    /// A random distribution over `k` states with all concentrations `1 / k`: `dirichlet`.
    pub fn dirichlet(&mut self, k: usize) -> Vec<f64> {
        let shape = 1.0 / k as f64;
        let mut row: Vec<f64> = (0..k).map(|_| self.gamma(shape)).collect();
        let mut sum = 0.0;
        for x in &row {
            sum += x;
        }
        let inverse = 1.0 / sum;
        for x in &mut row {
            *x *= inverse;
        }
        row
    }
}

/// Convert an integer seed. Fails if `RandomState` would refuse it.
pub fn seed_of(seed: i64) -> Result<u32, SeedOutOfRange> {
    u32::try_from(seed).map_err(|_| SeedOutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Source: numpy 2.4.6, RandomState(42).random_sample(3).
    #[test]
    fn uniforms_of_seed_42() {
        let mut rng = RandomState::new(42);
        let drawn: Vec<f64> = (0..3).map(|_| rng.uniform()).collect();
        assert_eq!(drawn, [0.3745401188473625, 0.9507143064099162, 0.7319939418114051]);
    }

    // Source: numpy 2.4.6, RandomState(42).dirichlet([1/3] * 3), then size=3.
    #[test]
    fn dirichlet_of_seed_42() {
        let mut rng = RandomState::new(42);
        assert_eq!(rng.dirichlet(3), [0.11408450124611955, 0.8776691616672855, 0.008246337086594877]);
        assert_eq!(rng.dirichlet(3), [0.0009013201397696341, 0.9990585619011777, 0.00004011795905256875]);
        assert_eq!(rng.dirichlet(3), [0.9546387445675352, 0.007979288386542256, 0.03738196704592257]);
        assert_eq!(rng.dirichlet(3), [0.40217498414135056, 0.1244295268599699, 0.4733954889986794]);
    }

    #[test]
    fn seeds_beyond_32_bits_are_refused() {
        assert_eq!(seed_of(-1), Err(SeedOutOfRange));
        assert_eq!(seed_of(1 << 32), Err(SeedOutOfRange));
        assert_eq!(seed_of((1 << 32) - 1), Ok(u32::MAX));
    }
}
