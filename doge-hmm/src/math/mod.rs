//! The numerical parts: averages, densities, forward-backward, the EM rounds, Viterbi.

pub mod baum_welch;
pub mod ema;
pub mod exp;
pub mod fast;
pub mod filter;
pub mod gaussian;
pub mod log_space;
pub mod scaling;
pub mod simd;
pub mod statistics;
pub mod viterbi;
