//! The kinds of fields: how a value of each is checked, written, packed and compared. Reference: `Kind` and the checks of
//! `reducer/domain.py`, `read_value` of `reducer/snapshot.py`, the packers of `reducer/digest.py`.

use std::fmt::Debug;

use crate::json::{wrong_type, Path, Value, WireError};
use crate::numbers::{spelled, write_float, write_int};
use crate::text::{first_code_points, write_string};

/// A path that a result is too large at. The reducer's own functions return it; `reducer/wire.py` calls it `OverflowError`.
#[derive(Clone, Debug, PartialEq)]
pub struct TooLarge(pub Vec<u8>);

impl TooLarge {
    fn at(path: Path<'_>) -> Self {
        Self(path.to_bytes())
    }
}

/// A kind of field of the contract.
pub trait Kind {
    /// The value of such a field.
    type Value: Clone + Debug + PartialEq;

    /// True for a list of objects, which is compared and packed by itself.
    const LIST: bool = false;

    /// The name in the contract.
    fn name() -> String;
    /// The value that JSON holds, checked. Reference: `read_value`.
    fn read(value: &Value<'_>, path: Path<'_>) -> Result<Self::Value, WireError>;
    /// The value that a patch gives, of which a list may refer to the one that is held. Reference: `read_patch`.
    fn patch(value: &Value<'_>, _held: &Self::Value, path: Path<'_>) -> Result<Self::Value, WireError> {
        Self::read(value, path)
    }
    /// Write the value as JSON.
    fn write(value: &Self::Value, out: &mut Vec<u8>);
    /// Pack the value for the digest. Reference: `_packer`.
    fn pack(value: &Self::Value, out: &mut Vec<u8>);
    /// Pack the value of an optional field.
    fn pack_optional(value: Option<&Self::Value>, out: &mut Vec<u8>) {
        out.extend(u64::from(value.is_some()).to_le_bytes());
        match value {
            Some(value) => Self::pack(value, out),
            None => out.extend([0; 8]),
        }
    }
    /// True if the values are the same to the last bit.
    fn same(one: &Self::Value, other: &Self::Value) -> bool;
    /// Refuse a result that is too large. Reference: `_check_fits`.
    fn check_fits(value: &Self::Value, path: Path<'_>) -> Result<(), TooLarge>;
}

/// The float that JSON holds, as a number or as one of the three texts. Reference: `WIRE_FLOATS`, `check_number`.
fn float_of(value: &Value<'_>, path: Path<'_>) -> Result<f64, WireError> {
    match value {
        Value::Int(int) => Ok(*int as f64),
        Value::BigInt(float) | Value::Float(float) => Ok(*float),
        Value::Text(text) => match &*text.0 {
            b"Infinity" => Ok(f64::INFINITY),
            b"-Infinity" => Ok(f64::NEG_INFINITY),
            b"NaN" => Ok(f64::NAN),
            _ => Err(wrong_type(path, "a number", value)),
        },
        _ => Err(wrong_type(path, "a number", value)),
    }
}

fn fits(fits: bool, path: Path<'_>) -> Result<(), TooLarge> {
    if fits {
        Ok(())
    } else {
        Err(TooLarge::at(path))
    }
}

/// What all kinds of floats have in common.
macro_rules! float_kind {
    ($(#[$doc:meta])* $kind:ident, $name:literal, $fits:expr, $check:expr) => {
        $(#[$doc])*
        pub struct $kind;

        impl Kind for $kind {
            type Value = f64;

            fn name() -> String {
                $name.into()
            }

            fn read(value: &Value<'_>, path: Path<'_>) -> Result<f64, WireError> {
                let number = float_of(value, path)?;
                let refused: Option<String> = $check(number);
                refused.map_or(Ok(number), |what| Err(WireError::value(path, what)))
            }

            fn write(value: &f64, out: &mut Vec<u8>) {
                write_float(*value, out);
            }

            fn pack(value: &f64, out: &mut Vec<u8>) {
                out.extend(value.to_bits().to_le_bytes());
            }

            fn same(one: &f64, other: &f64) -> bool {
                one.to_bits() == other.to_bits()
            }

            fn check_fits(value: &f64, path: Path<'_>) -> Result<(), TooLarge> {
                fits($fits(*value), path)
            }
        }
    };
}

float_kind! {
    /// A float that must be finite. Reference: `check_finite`.
    Finite, "finite", f64::is_finite,
    |number: f64| (!number.is_finite()).then(|| format!("must be finite, got {}", spelled(number)))
}
float_kind! {
    /// A float that is finite or +Infinity. Reference: `check_cooldown`.
    Cooldown, "cooldown", |number: f64| number.is_finite() || number == f64::INFINITY,
    |number: f64| (number.is_nan() || number == f64::NEG_INFINITY)
        .then(|| format!("must be finite or Infinity, got {}", spelled(number)))
}
float_kind! {
    /// Any float but NaN. Reference: `check_number`.
    Number, "float", f64::is_finite,
    |number: f64| number.is_nan().then(|| "must not be NaN".into())
}

/// An integer within 64 bits. Results may be beyond until they are checked, as Python's are. Reference: `check_int`.
pub struct Int;

impl Kind for Int {
    type Value = i128;

    fn name() -> String {
        "int".into()
    }

    fn read(value: &Value<'_>, path: Path<'_>) -> Result<i128, WireError> {
        match value {
            Value::Int(int) => Ok(i128::from(*int)),
            Value::BigInt(_) => Err(WireError::value(path, "must fit in 64 bits")),
            _ => Err(wrong_type(path, "an integer", value)),
        }
    }

    fn write(value: &i128, out: &mut Vec<u8>) {
        write_int(*value, out);
    }

    fn pack(value: &i128, out: &mut Vec<u8>) {
        // What is packed was checked: its upper half is only its sign.
        out.extend((*value as i64).to_le_bytes());
    }

    fn same(one: &i128, other: &i128) -> bool {
        one == other
    }

    fn check_fits(value: &i128, path: Path<'_>) -> Result<(), TooLarge> {
        fits(i64::try_from(*value).is_ok(), path)
    }
}

/// A boolean. Reference: `check_bool`.
pub struct Flag;

impl Kind for Flag {
    type Value = bool;

    fn name() -> String {
        "bool".into()
    }

    fn read(value: &Value<'_>, path: Path<'_>) -> Result<bool, WireError> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(wrong_type(path, "true or false", value)),
        }
    }

    fn write(value: &bool, out: &mut Vec<u8>) {
        out.extend_from_slice(if *value { b"true" } else { b"false" });
    }

    fn pack(value: &bool, out: &mut Vec<u8>) {
        out.extend(u64::from(*value).to_le_bytes());
    }

    fn same(one: &bool, other: &bool) -> bool {
        one == other
    }

    fn check_fits(_: &bool, _: Path<'_>) -> Result<(), TooLarge> {
        Ok(())
    }
}

/// A text of valid Unicode. Reference: `check_text`.
pub struct Text;

impl Kind for Text {
    type Value = String;

    fn name() -> String {
        "text".into()
    }

    fn read(value: &Value<'_>, path: Path<'_>) -> Result<String, WireError> {
        match value {
            Value::Text(text) => text
                .as_str()
                .map_or_else(|| Err(WireError::value(path, "must be valid Unicode")), |text| Ok(text.into())),
            _ => Err(wrong_type(path, "a string", value)),
        }
    }

    fn write(value: &String, out: &mut Vec<u8>) {
        write_string(value.as_bytes(), out);
    }

    fn pack(value: &String, out: &mut Vec<u8>) {
        out.extend((value.len() as u64).to_le_bytes());
        out.extend_from_slice(value.as_bytes());
    }

    fn same(one: &String, other: &String) -> bool {
        one == other
    }

    fn check_fits(_: &String, _: Path<'_>) -> Result<(), TooLarge> {
        Ok(())
    }
}

/// A field that may be null.
pub struct Optional<K>(K);

impl<K: Kind> Kind for Optional<K> {
    type Value = Option<K::Value>;

    fn name() -> String {
        K::name() + "?"
    }

    fn read(value: &Value<'_>, path: Path<'_>) -> Result<Self::Value, WireError> {
        match value {
            Value::Null => Ok(None),
            _ => K::read(value, path).map(Some),
        }
    }

    fn write(value: &Self::Value, out: &mut Vec<u8>) {
        match value {
            Some(value) => K::write(value, out),
            None => out.extend_from_slice(b"null"),
        }
    }

    fn pack(value: &Self::Value, out: &mut Vec<u8>) {
        K::pack_optional(value.as_ref(), out);
    }

    fn same(one: &Self::Value, other: &Self::Value) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => K::same(one, other),
            _ => one.is_none() && other.is_none(),
        }
    }

    fn check_fits(value: &Self::Value, path: Path<'_>) -> Result<(), TooLarge> {
        value.as_ref().map_or(Ok(()), |value| K::check_fits(value, path))
    }
}

/// The text of a literal, or the error that it is none. Reference: `check_literal`.
pub fn check_literal(value: &Value<'_>, path: Path<'_>, literals: &[&str]) -> Result<usize, WireError> {
    let text = Text::read(value, path)?;
    literals.iter().position(|literal| *literal == text).ok_or_else(|| {
        let mut what = format!("must be one of {}; got ", literals.join(", ")).into_bytes();
        write_string(&first_code_points(text.as_bytes(), 40), &mut what);
        WireError::value(path, what)
    })
}
