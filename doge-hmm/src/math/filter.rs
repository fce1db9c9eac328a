//! Filtering: the distribution over the states given the rows so far.

use crate::math::gaussian::{at_least_tiny, log_constants};
use crate::math::log_space::log_sum_exp;
use crate::parameters::Parameters;

/// A model prepared for filtering, and the state probabilities after the rows so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    parameters: Parameters,
    constants: Vec<f64>,
    weights: Vec<f64>,
    probabilities: Vec<f64>,
    log_densities: Vec<f64>,
    // Logarithms of the probabilities while one of them is too small for a double; later rows may make it the largest.
    logarithms: Option<Vec<f64>>,
    log_likelihood: f64,
    rows: usize,
}

// A smaller probability may have lost terms to underflow that logarithms keep.
const LEAST: f64 = 1e-290;

impl Filter {
    /// A filter before its first row.
    pub fn new(parameters: Parameters) -> Self {
        let k = parameters.k;
        Self {
            constants: log_constants(&parameters),
            weights: parameters.covars.iter().map(|&v| 1.0 / at_least_tiny(v)).collect(),
            probabilities: vec![0.0; k],
            log_densities: vec![0.0; k],
            logarithms: None,
            log_likelihood: 0.0,
            rows: 0,
            parameters,
        }
    }

    /// The model.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Go on after `rows` rows from the state probabilities, their logarithms where one is too small for a double, and the
    /// log-likelihood. False, and nothing changes, if there are not as many as states.
    pub fn resume(
        &mut self,
        probabilities: &[f64],
        logarithms: Option<Vec<f64>>,
        log_likelihood: f64,
        rows: usize,
    ) -> bool {
        let k = self.probabilities.len();
        if probabilities.len() != k || logarithms.as_ref().is_some_and(|known| known.len() != k) {
            return false;
        }
        self.probabilities.copy_from_slice(probabilities);
        (self.logarithms, self.log_likelihood, self.rows) = (logarithms, log_likelihood, rows);
        true
    }

    /// The logarithms of the probabilities, where one of these is too small for a double.
    pub fn logarithms(&self) -> Option<&[f64]> {
        self.logarithms.as_deref()
    }

    /// The number of rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The log-likelihood of the rows so far.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The state probabilities after the last row; the start probabilities before the first.
    pub fn probabilities(&self) -> &[f64] {
        if self.rows == 0 {
            &self.parameters.startprob
        } else {
            &self.probabilities
        }
    }

    /// Forget every row.
    pub fn reset(&mut self) {
        self.rows = 0;
        self.logarithms = None;
        self.log_likelihood = 0.0;
    }

    /// Add one row of `d` features and return the state probabilities, in O(K (K + D)).
    pub fn step(&mut self, row: &[f64]) -> &[f64] {
        let (k, d) = (self.parameters.k, self.parameters.d);
        let mut highest = f64::NEG_INFINITY;
        for j in 0..k {
            let means = &self.parameters.means[j * d..(j + 1) * d];
            let weights = &self.weights[j * d..(j + 1) * d];
            let mut distance = 0.0;
            for ((x, mean), weight) in row.iter().zip(means).zip(weights) {
                distance += (x - mean) * (x - mean) * weight;
            }
            let density = -0.5 * (self.constants[j] + distance);
            self.log_densities[j] = density;
            if highest < density {
                highest = density;
            }
        }
        if self.logarithms.is_some() || !self.scaled(highest) {
            self.logarithmic();
        }
        self.rows += 1;
        &self.probabilities
    }

    fn reached(&self, j: usize) -> f64 {
        let k = self.parameters.k;
        if self.rows == 0 {
            return self.parameters.startprob[j];
        }
        (0..k).map(|i| self.probabilities[i] * self.parameters.transmat[i * k + j]).sum()
    }

    // Updates with densities relative to the highest; false if the sum leaves the range of a double, or if a probability above 0
    // would nearly be 0.
    fn scaled(&mut self, highest: f64) -> bool {
        let mut next = [0.0; 16];
        let k = self.parameters.k;
        if k > next.len() {
            return false;
        }
        let mut sum = 0.0;
        for (j, value) in next[..k].iter_mut().enumerate() {
            *value = self.reached(j) * (self.log_densities[j] - highest).exp();
            sum += *value;
        }
        if !(sum >= 1e-300 && sum.is_finite()) {
            return false;
        }
        if (0..k).any(|j| !(next[j] / sum >= LEAST) && self.is_reached(j)) {
            return false;
        }
        for (probability, value) in self.probabilities.iter_mut().zip(&next) {
            *probability = value / sum;
        }
        self.log_likelihood += highest + sum.ln();
        true
    }

    // True if a state can be reached, however unlikely it is.
    fn is_reached(&self, j: usize) -> bool {
        let k = self.parameters.k;
        if self.rows == 0 {
            return self.parameters.startprob[j] > 0.0;
        }
        (0..k).any(|i| self.probabilities[i] > 0.0 && self.parameters.transmat[i * k + j] > 0.0)
    }

    fn logarithmic(&mut self) {
        let k = self.parameters.k;
        let before: Vec<f64> = match &self.logarithms {
            Some(known) => known.clone(),
            None => self.probabilities.iter().map(|p| p.ln()).collect(),
        };
        let reached = |j: usize| {
            if self.rows == 0 {
                return self.parameters.startprob[j].ln();
            }
            let moves = (0..k).map(|i| before[i] + self.parameters.transmat[i * k + j].ln());
            log_sum_exp(&moves.collect::<Vec<f64>>())
        };
        let terms: Vec<f64> = (0..k).map(|j| reached(j) + self.log_densities[j]).collect();
        let total = log_sum_exp(&terms);
        let logarithms: Vec<f64> = terms.iter().map(|term| term - total).collect();
        for (probability, logarithm) in self.probabilities.iter_mut().zip(&logarithms) {
            *probability = logarithm.exp();
        }
        let is_small = |logarithm: &f64| *logarithm > f64::NEG_INFINITY && *logarithm < LEAST.ln();
        self.logarithms = logarithms.iter().any(is_small).then_some(logarithms);
        self.log_likelihood += total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Interrupt;
    use crate::math::baum_welch::Implementation;
    use crate::parameters::Precision;

    fn comes_back() -> (Parameters, Vec<f64>) {
        let p = Parameters {
            k: 3,
            d: 1,
            startprob: vec![1.0, 0.0, 0.0],
            transmat: vec![0.9, 0.1 - 1e-139, 1e-139, 0.0, 0.9, 0.1, 0.0, 0.0, 1.0],
            means: vec![0.0, -40.0, 40.0],
            covars: vec![1.0; 3],
            differences: Precision::Double,
        };
        (p, vec![0.0, 0.0, 40.0, 0.0, 0.0, 40.0, 0.0, 0.0, 0.0])
    }

    #[test]
    fn a_certain_state_has_a_probability_of_exactly_one() {
        for number in 1..=100 {
            let p = Parameters {
                k: 2,
                d: 1,
                startprob: vec![f64::from(number) / 101.0, 1.0 - f64::from(number) / 101.0],
                transmat: vec![0.9, 0.1, 0.2, 0.8],
                means: vec![0.0, 10.0],
                covars: vec![1.0; 2],
                differences: Precision::Double,
            };
            let mut filter = Filter::new(p);
            assert_eq!(filter.step(&[0.0])[0], 1.0, "{number}");
            assert_eq!(filter.step(&[0.0])[0], 1.0, "{number}");
        }
    }

    #[test]
    fn a_state_that_nearly_vanished_comes_back() {
        let (p, x) = comes_back();
        let mut filter = Filter::new(p.clone());
        for n in 1..=x.len() {
            let last = filter.step(&x[n - 1..n]).to_vec();
            let smoothed = p.score_samples(&x[..n], Implementation::Log, &Interrupt::never());
            let (log_likelihood, posteriors) = smoothed.expect("logarithms always do");
            for (a, b) in last.iter().zip(&posteriors[(n - 1) * 3..]) {
                assert!((a - b).abs() <= 1e-9, "row {n}: {last:?}");
            }
            assert!((filter.log_likelihood() - log_likelihood).abs() <= 1e-9 * log_likelihood.abs());
            let mut resumed = Filter::new(p.clone());
            let logarithms = filter.logarithms().map(<[f64]>::to_vec);
            assert!(resumed.resume(&last, logarithms, filter.log_likelihood(), n));
            assert_eq!(resumed, filter.clone_at_same_row(&resumed));
        }
        assert!(filter.probabilities()[0] > 0.99);
    }

    impl Filter {
        // The densities of the last row are no part of the state.
        fn clone_at_same_row(&self, other: &Self) -> Self {
            Self { log_densities: other.log_densities.clone(), ..self.clone() }
        }
    }
}
