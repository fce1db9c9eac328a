//! The detector: it trains on features and infers the regime at the last row. Reference: the package `detector`.

mod verdict;

use std::fmt;

use crate::features::{EMA_SPREAD, N_FEATURES};
use crate::hmm::initialise;
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::baum_welch::{History, Implementation, Rounds, Updates};
use crate::math::fast::Workspace;
use crate::math::filter::Filter;
use crate::parameters::{HmmError, Parameters, Precision};

pub use verdict::{judge, round_4, Verdict};

/// The number of states and of regimes: bearish, ranging, bullish.
pub const N_STATES: usize = 3;
const SEED: u32 = 42;
const TOL: f64 = 1e-2;
const MIN_COVAR: f64 = 1e-3;
const SUM_TOLERANCE: f64 = 1e-9;
const STEPS_PER_ROW: usize = 100;

/// The reason why training gives no model.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingError {
    /// There are fewer observations than states; their number.
    TooFew(usize),
    /// A standardised observation is not finite.
    NotFinite,
    /// hmmlearn would refuse to fit.
    Fit(HmmError),
    /// This parameter of the fitted model is not finite.
    ParameterNotFinite(&'static str),
    /// These probabilities of the fitted model do not add up to 1.
    DoesNotAddUp(&'static str),
}

impl fmt::Display for TrainingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew(got) => {
                write!(f, "{N_STATES} states need at least {N_STATES} observations, got {got}")
            }
            Self::NotFinite => f.write_str("the standardised observations are not finite"),
            Self::Fit(error) => write!(f, "ValueError: {error}"),
            Self::ParameterNotFinite(name) => write!(f, "{name} of the fitted model is not finite"),
            Self::DoesNotAddUp(name) => write!(f, "{name} of the fitted model does not add up to 1"),
        }
    }
}

impl std::error::Error for TrainingError {}

/// The reason why inference gives no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InferenceError {
    /// A standardised observation is not finite.
    ObservationNotFinite,
    /// A probability is not finite.
    ProbabilityNotFinite,
    /// The caller asked to stop.
    Interrupted,
}

impl From<Interrupted> for InferenceError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl fmt::Display for InferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ObservationNotFinite => "the standardised observations are not finite",
            Self::ProbabilityNotFinite => "the probabilities are not finite",
            Self::Interrupted => "interrupted",
        })
    }
}

impl std::error::Error for InferenceError {}

/// The result of training, with what is logged about it even if the fit failed.
pub struct Training {
    /// The model, or the reason why there is none.
    pub model: Result<Model, TrainingError>,
    /// The record of the rounds of EM, if they were completed.
    pub history: Option<History>,
    /// True if k-means found fewer clusters than there are states.
    pub fewer_clusters: bool,
}

/// A trained model, with the means and deviations that standardise its observations.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The fitted parameters, in the model's own order of states.
    pub parameters: Parameters,
    /// The log-likelihood before each round of EM.
    pub log_likelihoods: Vec<f64>,
    /// The regime of each state.
    pub labels: [usize; N_STATES],
    /// The mean of each feature.
    pub mean: [f64; N_FEATURES],
    /// The population standard deviation of each feature; 1 for a constant feature.
    pub deviation: [f64; N_FEATURES],
}

/// Fit a model to observations, four features per row. Source: `RegimeDetector.train`, `fit_model`.
///
/// Fails only if the caller interrupts.
pub fn train(
    observations: &[f64],
    n_iter: usize,
    interrupt: &Interrupt<'_>,
) -> Result<Training, Interrupted> {
    let (mean, deviation) = mean_and_deviation(observations);
    let mut fewer_clusters = false;
    let mut history = None;
    let model = fit(observations, &mean, &deviation, n_iter, &mut history, &mut fewer_clusters, interrupt);
    if model == Err(TrainingError::Fit(HmmError::Interrupted)) {
        return Err(Interrupted);
    }
    Ok(Training { model, history, fewer_clusters })
}

fn fit(
    observations: &[f64],
    mean: &[f64; N_FEATURES],
    deviation: &[f64; N_FEATURES],
    n_iter: usize,
    history: &mut Option<History>,
    fewer_clusters: &mut bool,
    interrupt: &Interrupt<'_>,
) -> Result<Model, TrainingError> {
    let n = observations.len() / N_FEATURES;
    if n < N_STATES {
        return Err(TrainingError::TooFew(n));
    }
    let standardised = standardise(observations, mean, deviation);
    if !standardised.iter().all(|value| value.is_finite()) {
        return Err(TrainingError::NotFinite);
    }
    interrupt.check(n * STEPS_PER_ROW).map_err(|error| TrainingError::Fit(error.into()))?;
    let start = initialise(&standardised, N_STATES, N_FEATURES, SEED, MIN_COVAR, interrupt)
        .map_err(TrainingError::Fit)?;
    *fewer_clusters = start.distinct < N_STATES;
    let mut parameters = start.parameters;
    parameters.check().map_err(TrainingError::Fit)?;
    let rounds = Rounds {
        n_iter,
        tol: TOL,
        implementation: Implementation::Log,
        updates: Updates::ALL,
        squares: Precision::Double,
    };
    let mut rounds_done = parameters.fit(&standardised, &[n], &rounds, interrupt);
    if let Some(error) = rounds_done.failure.take() {
        return Err(TrainingError::Fit(error));
    }
    let log_likelihoods = rounds_done.log_likelihoods.clone();
    *history = Some(rounds_done);
    check(&parameters)?;
    let labels = labels_of(&parameters);
    Ok(Model { parameters, log_likelihoods, labels, mean: *mean, deviation: *deviation })
}

// Source: `_check_model`.
fn check(p: &Parameters) -> Result<(), TrainingError> {
    for (name, values) in
        [("startprob", &p.startprob), ("transmat", &p.transmat), ("means", &p.means), ("covars", &p.covars)]
    {
        if !values.iter().all(|value| value.is_finite()) {
            return Err(TrainingError::ParameterNotFinite(name));
        }
    }
    let adds_up = |row: &[f64]| (row.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE;
    if !adds_up(&p.startprob) {
        return Err(TrainingError::DoesNotAddUp("startprob"));
    }
    if !p.transmat.chunks_exact(p.k).all(adds_up) {
        return Err(TrainingError::DoesNotAddUp("transmat"));
    }
    Ok(())
}

// The regime of each state: the lower its mean EMA spread, the more bearish; equals keep their order. Source: `label_states`.
fn labels_of(p: &Parameters) -> [usize; N_STATES] {
    let mut states: [usize; N_STATES] = std::array::from_fn(|state| state);
    let spread = |state: usize| p.means[state * p.d + EMA_SPREAD];
    states.sort_by(|&a, &b| spread(a).partial_cmp(&spread(b)).unwrap_or(std::cmp::Ordering::Equal));
    let mut labels = [0; N_STATES];
    for (rank, &state) in states.iter().enumerate() {
        labels[state] = rank;
    }
    labels
}

/// The mean and population standard deviation of each feature. Source: `mean_and_deviation`.
pub fn mean_and_deviation(observations: &[f64]) -> ([f64; N_FEATURES], [f64; N_FEATURES]) {
    let n = (observations.len() / N_FEATURES) as f64;
    let mut mean = [0.0; N_FEATURES];
    for row in observations.chunks_exact(N_FEATURES) {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += value;
        }
    }
    mean.iter_mut().for_each(|sum| *sum /= n);
    let mut deviation = [0.0; N_FEATURES];
    for row in observations.chunks_exact(N_FEATURES) {
        for ((sum, mean), value) in deviation.iter_mut().zip(&mean).zip(row) {
            *sum += (value - mean) * (value - mean);
        }
    }
    for value in &mut deviation {
        *value = (*value / n).sqrt();
        if *value == 0.0 {
            *value = 1.0;
        }
    }
    (mean, deviation)
}

fn standardise(observations: &[f64], mean: &[f64; N_FEATURES], deviation: &[f64; N_FEATURES]) -> Vec<f64> {
    let mut standardised = Vec::with_capacity(observations.len());
    for row in observations.chunks_exact(N_FEATURES) {
        for ((value, mean), deviation) in row.iter().zip(mean).zip(deviation) {
            standardised.push((value - mean) / deviation);
        }
    }
    standardised
}

impl Model {
    /// The probability of each regime at the last observation of the window. Source: `regime_probabilities`.
    ///
    /// Fails if a standardised observation or a probability is not finite, or if the caller interrupts.
    pub fn probabilities(
        &self,
        window: &[f64],
        interrupt: &Interrupt<'_>,
    ) -> Result<[f64; N_STATES], InferenceError> {
        let standardised = standardise(window, &self.mean, &self.deviation);
        if !standardised.iter().all(|value| value.is_finite()) {
            return Err(InferenceError::ObservationNotFinite);
        }
        let mut probabilities = [0.0; N_STATES];
        for (&label, probability) in self.labels.iter().zip(self.last_posterior(&standardised, interrupt)?) {
            probabilities[label] = probability;
        }
        if probabilities.iter().all(|probability| probability.is_finite()) {
            Ok(probabilities)
        } else {
            Err(InferenceError::ProbabilityNotFinite)
        }
    }

    // At the last row filtering and smoothing agree, so the forward pass is enough.
    fn last_posterior(
        &self,
        standardised: &[f64],
        interrupt: &Interrupt<'_>,
    ) -> Result<[f64; N_STATES], Interrupted> {
        if let Some(posterior) = Workspace::new(standardised).last_posterior(&self.parameters, interrupt)? {
            return Ok(posterior);
        }
        let mut filter = Filter::new(self.parameters.clone());
        for row in standardised.chunks_exact(N_FEATURES) {
            filter.step(row);
            interrupt.check(STEPS_PER_ROW)?;
        }
        Ok(std::array::from_fn(|state| filter.probabilities()[state]))
    }

    /// The transition matrix, with rows and columns in the order of the regimes.
    pub fn transmat(&self) -> [[f64; N_STATES]; N_STATES] {
        let mut ordered = [[0.0; N_STATES]; N_STATES];
        for from in 0..N_STATES {
            for to in 0..N_STATES {
                ordered[self.labels[from]][self.labels[to]] = self.parameters.transmat[from * N_STATES + to];
            }
        }
        ordered
    }
}
