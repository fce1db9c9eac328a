//! The order reducer in Rust: a line-by-line port of `state_machine.py` and `reducer/*.py`, behind the wire of `docs/wire.md`.
//!
//! Every function names the function of the reference that it follows. Where it departs from it, the comment says
//! `DIFFERENCE` and why. [`wire::handle_line`] is the whole port: a line of JSON in, a line of JSON out.

pub mod booking;
pub mod bootstrap;
pub mod contract;
pub mod cycles;
pub mod digest;
pub mod domain;
pub mod invariants;
pub mod json;
pub mod kinds;
pub mod literals;
pub mod numbers;
pub mod orders;
pub mod orphaning;
pub mod pricing;
pub mod python_float;
pub mod requests;
pub mod schema;
pub mod snapshot;
pub mod text;
pub mod transition;
pub mod types;
pub mod wire;
pub mod wire_session;
pub mod wire_text;

#[cfg(feature = "python")]
pub mod python;
