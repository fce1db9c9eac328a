//! The domain of the reducer's results. Reference: `reducer/domain.py`.
//!
//! DIFFERENCE: what comes in is checked where it is read from JSON (`kinds`), once. A typed value is not checked again, so there
//! is no counterpart of `check_state`, `check_event`, `check_settings` and of the marks of checked objects.

use crate::json::Path;
use crate::kinds::TooLarge;
use crate::schema::Contract;
use crate::types::{Action, PairState};

/// Refuse a result that is too large for a double or 64 bits. Reference: `check_result`.
///
/// DIFFERENCE: values that did not change are checked again, which they pass, except for completed cycles.
pub fn check_result(after: &PairState, actions: &[Action]) -> Result<(), TooLarge> {
    after.check_fits(Path::Root(""))?;
    let list = Path::Root("actions");
    actions.iter().enumerate().try_for_each(|(index, action)| action.check_fits(Path::Item(&list, index)))
}
