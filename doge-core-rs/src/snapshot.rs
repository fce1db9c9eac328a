//! States as JSON. Reference: `reducer/snapshot.py`.

use crate::json::{text, Path, Value, WireError};
use crate::literals::ModeSource;
use crate::schema::{object_of, Contract};
use crate::text::strip;
use crate::types::PairState;

static ZERO: Value<'static> = Value::Float(0.0);
static NONE: Value<'static> = text("none");
static BALANCE: Value<'static> = text("balance");
static REGIME: Value<'static> = text("regime");

/// Read a state. Missing keys take their defaults and unknown keys are ignored, so that older and newer snapshots load.
/// Reference: `read_state`.
pub fn read_state(value: &Value<'_>, path: Path<'_>) -> Result<PairState, WireError> {
    let snapshot = object_of(value, path)?;
    let look_up = |name: &'static str| -> Option<(&'static str, &Value<'_>)> {
        let found = snapshot.get(name).map(|value| (name, value));
        match name {
            "market_price" | "now" => found.or(Some((name, &ZERO))),
            "mode_source" => found.map(|(name, value)| (name, mode_source(value))),
            // Old snapshots lack these two, which take the value of a similar field. Reference: `_source`.
            "total_settled_usd" => found.or_else(|| Some(("total_profit", snapshot.get("total_profit")?))),
            "profit_pct_runtime" => found.or_else(|| Some(("profit_pct", snapshot.get("profit_pct")?))),
            _ => found,
        }
    };
    PairState::read_fields(look_up, path)
}

/// Read a patch, and apply it to a state. Reference: `read_patch` of `reducer/requests.py`.
pub fn read_patch(value: &Value<'_>, held: &PairState) -> Result<PairState, WireError> {
    let path = Path::Root("patch");
    let patch = object_of(value, path)?;
    let look_up = |name: &'static str| -> Option<(&'static str, &Value<'_>)> {
        let value = patch.get(name)?;
        Some((name, if name == "mode_source" { mode_source(value) } else { value }))
    };
    held.patched(look_up, path)
}

/// The mode's source that a text means, whatever it is; other values are left to their check. Reference: `_read_state_field`.
fn mode_source<'v, 'a>(value: &'v Value<'a>) -> &'v Value<'a> {
    let Value::Text(given) = value else {
        return value;
    };
    let mode = given.as_str().map(|text| strip(text).to_lowercase());
    match mode.as_deref().and_then(|mode| ModeSource::TEXTS.iter().position(|text| *text == mode)) {
        Some(1) => &BALANCE,
        Some(2) => &REGIME,
        _ => &NONE,
    }
}
