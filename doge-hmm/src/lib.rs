//! The HMM regime detector in Rust: the features, and hmmlearn's training reproduced draw by draw.
//!
//! Everything but [`python`] is plain Rust. Ported from `hmm_regime_detector.py`, hmmlearn 0.3.3, scikit-learn 1.9.1 and
//! numpy 2.4.6; intended departures from them are marked with the word `DIFFERENCE`.

pub mod features;
pub mod hmm;
pub mod interrupt;
pub mod kmeans;
pub mod math;
pub mod parameters;
pub mod regime;
pub mod rng;

#[cfg(feature = "python")]
pub mod python;
