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
    log_likelihood: f64,
    rows: usize,
}

impl Filter {
    /// A filter before its first row.
    pub fn new(parameters: Parameters) -> Self {
        let k = parameters.k;
        Self {
            constants: log_constants(&parameters),
            weights: parameters.covars.iter().map(|&v| 1.0 / at_least_tiny(v)).collect(),
            probabilities: vec![0.0; k],
            log_densities: vec![0.0; k],
            log_likelihood: 0.0,
            rows: 0,
            parameters,
        }
    }

    /// The model.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Go on after `rows` rows from the state probabilities and the log-likelihood that they gave. False, and nothing changes, if
    /// there are not as many probabilities as states.
    pub fn resume(&mut self, probabilities: &[f64], log_likelihood: f64, rows: usize) -> bool {
        if probabilities.len() != self.probabilities.len() {
            return false;
        }
        self.probabilities.copy_from_slice(probabilities);
        (self.log_likelihood, self.rows) = (log_likelihood, rows);
        true
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
        if !self.scaled(highest) {
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

    // Updates with densities relative to the highest; false if the sum leaves the range of a double.
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
        let factor = 1.0 / sum;
        for (probability, value) in self.probabilities.iter_mut().zip(&next) {
            *probability = value * factor;
        }
        self.log_likelihood += highest + sum.ln();
        true
    }

    fn logarithmic(&mut self) {
        let k = self.parameters.k;
        let terms: Vec<f64> = (0..k).map(|j| self.reached(j).ln() + self.log_densities[j]).collect();
        let total = log_sum_exp(&terms);
        for (probability, term) in self.probabilities.iter_mut().zip(&terms) {
            *probability = (term - total).exp();
        }
        self.log_likelihood += total;
    }
}
