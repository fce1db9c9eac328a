//! Objects of the contract: each is described once, and read, written, packed, compared and checked by that description.
//! Reference: `KINDS` of `reducer/domain.py`, which has it from the annotations of the dataclasses.

use crate::json::{session_lost, wrong_type, Object, Path, Value, WireError};
use crate::kinds::{Kind, TooLarge};

/// A field as `describe` tells it: its name, its kind, and its default as JSON.
pub struct FieldView {
    /// The name.
    pub name: &'static str,
    /// The name of the kind.
    pub kind: String,
    /// The default as JSON, if it has one.
    pub default: Option<Vec<u8>>,
}

/// An object of the contract.
pub trait Contract: Clone + std::fmt::Debug + PartialEq + Sized {
    /// The name in the contract.
    const NAME: &'static str;
    /// The names of the fields, in contract order.
    const FIELDS: &'static [&'static str];

    /// The fields, in contract order.
    fn described() -> Vec<FieldView>;
    /// Read the fields that a look-up finds, at the key that it names; others take their defaults, or are missing.
    fn read_fields<'v, 'a: 'v>(
        look_up: impl Fn(&'static str) -> Option<(&'static str, &'v Value<'a>)>,
        path: Path<'_>,
    ) -> Result<Self, WireError>;
    /// Replace the fields that a look-up finds, at the key that it names; others stay. Reference: `read_patch`.
    fn patched<'v, 'a: 'v>(
        &self,
        look_up: impl Fn(&'static str) -> Option<(&'static str, &'v Value<'a>)>,
        path: Path<'_>,
    ) -> Result<Self, WireError>;
    /// Write the fields with their names, without the braces. Reference: `encode`.
    fn write_members(&self, out: &mut Vec<u8>);
    /// Write the values alone, without the brackets.
    fn write_values(&self, out: &mut Vec<u8>);
    /// Write the scalar fields that differ from another object's, with their names. Reference: `delta`.
    fn write_changed(&self, before: &Self, out: &mut Vec<u8>);
    /// Pack the scalar fields. Reference: `pack`.
    fn pack(&self, out: &mut Vec<u8>);
    /// True if all fields are the same to the last bit.
    fn same(&self, other: &Self) -> bool;
    /// Refuse a result that is too large. Reference: `_check_object_fits`.
    fn check_fits(&self, path: Path<'_>) -> Result<(), TooLarge>;

    /// Write the whole object. Reference: `encode`.
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.write_members(out);
        out.push(b'}');
    }

    /// Write the values as an array.
    fn write_row(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        self.write_values(out);
        out.push(b']');
    }

    /// Read an order or a record. Fields without a default are required; unknown keys are ignored. Reference: `read_object`.
    fn read_object(value: &Value<'_>, path: Path<'_>) -> Result<Self, WireError> {
        let object = object_of(value, path)?;
        Self::read_fields(|name| object.get(name).map(|value| (name, value)), path)
    }
}

/// The members of an object, or the error that it is none.
pub fn object_of<'v, 'a>(value: &'v Value<'a>, path: Path<'_>) -> Result<&'v Object<'a>, WireError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(wrong_type(path, "an object", value)),
    }
}

/// Write items between commas.
pub fn write_list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// Write a name, after a comma if something stands before it, and the colon.
pub fn write_name(name: &str, out: &mut Vec<u8>) {
    if !out.ends_with(b"{") {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn read_items<T>(
    value: &Value<'_>,
    path: Path<'_>,
    read: impl Fn(&Value<'_>, Path<'_>) -> Result<T, WireError>,
) -> Result<Vec<T>, WireError> {
    match value {
        Value::List(items) => {
            items.iter().enumerate().map(|(index, item)| read(item, Path::Item(&path, index))).collect()
        }
        _ => Err(wrong_type(path, "a list", value)),
    }
}

/// A list of objects of the contract.
pub struct ListOf<T>(T);

impl<T: Contract> Kind for ListOf<T> {
    type Value = Vec<T>;

    const LIST: bool = true;

    fn name() -> String {
        format!("[{}]", T::NAME)
    }

    fn read(value: &Value<'_>, path: Path<'_>) -> Result<Vec<T>, WireError> {
        read_items(value, path, T::read_object)
    }

    /// Reference: `_read_items`, `_read_item`.
    fn patch(value: &Value<'_>, held: &Vec<T>, path: Path<'_>) -> Result<Vec<T>, WireError> {
        let at = |index: &Value<'_>| match index {
            Value::Int(index) => usize::try_from(*index).ok().and_then(|index| held.get(index)),
            _ => None,
        };
        read_items(value, path, |item, path| match item {
            Value::Int(_) | Value::BigInt(_) => at(item).cloned().ok_or_else(session_lost),
            Value::List(pair) => match &pair[..] {
                [index @ (Value::Int(_) | Value::BigInt(_)), fields] => {
                    let item = at(index).ok_or_else(session_lost)?;
                    let fields = object_of(fields, path)?;
                    item.patched(|name| fields.get(name).map(|value| (name, value)), path)
                }
                _ => T::read_object(item, path),
            },
            _ => T::read_object(item, path),
        })
    }

    fn write(value: &Vec<T>, out: &mut Vec<u8>) {
        write_list(value, out, T::write);
    }

    fn pack(_: &Vec<T>, _: &mut Vec<u8>) {}

    fn same(one: &Vec<T>, other: &Vec<T>) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same(other))
    }

    fn check_fits(value: &Vec<T>, path: Path<'_>) -> Result<(), TooLarge> {
        value.iter().enumerate().try_for_each(|(index, item)| item.check_fits(Path::Item(&path, index)))
    }
}

/// Define an object of the contract: its fields in contract order, with their kinds and defaults.
#[macro_export]
macro_rules! contract_type {
    (@default $kind:ty) => { None };
    (@default $kind:ty, $default:expr) => {{
        let default: <$kind as Kind>::Value = $default;
        Some(default)
    }};
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty $(= $default:expr)?),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs)]
        pub struct $name {
            $(pub $field: <$kind as Kind>::Value),*
        }

        impl Contract for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn described() -> Vec<FieldView> {
                vec![$(FieldView {
                    name: stringify!($field),
                    kind: <$kind>::name(),
                    default: $crate::contract_type!(@default $kind $(, $default)?).map(|default| {
                        let mut json = Vec::new();
                        <$kind>::write(&default, &mut json);
                        json
                    }),
                }),*]
            }

            fn read_fields<'v, 'a: 'v>(
                look_up: impl Fn(&'static str) -> Option<(&'static str, &'v Value<'a>)>,
                path: Path<'_>,
            ) -> Result<Self, WireError> {
                $(let $field = match look_up(stringify!($field)) {
                    Some((key, value)) => <$kind>::read(value, path.field(key))?,
                    None => $crate::contract_type!(@default $kind $(, $default)?)
                        .ok_or_else(|| WireError::value(path.field(stringify!($field)), "is missing"))?,
                };)*
                Ok(Self { $($field),* })
            }

            fn patched<'v, 'a: 'v>(
                &self,
                look_up: impl Fn(&'static str) -> Option<(&'static str, &'v Value<'a>)>,
                path: Path<'_>,
            ) -> Result<Self, WireError> {
                $(let $field = match look_up(stringify!($field)) {
                    Some((key, value)) => <$kind>::patch(value, &self.$field, path.field(key))?,
                    None => self.$field.clone(),
                };)*
                Ok(Self { $($field),* })
            }

            fn write_members(&self, out: &mut Vec<u8>) {
                $(write_name(stringify!($field), out);
                <$kind>::write(&self.$field, out);)*
            }

            fn write_values(&self, out: &mut Vec<u8>) {
                $(<$kind>::write(&self.$field, out);
                out.push(b',');)*
                out.pop();
            }

            fn write_changed(&self, before: &Self, out: &mut Vec<u8>) {
                $(if !<$kind>::LIST && !<$kind>::same(&before.$field, &self.$field) {
                    write_name(stringify!($field), out);
                    <$kind>::write(&self.$field, out);
                })*
            }

            fn pack(&self, out: &mut Vec<u8>) {
                $(<$kind>::pack(&self.$field, out);)*
            }

            fn same(&self, other: &Self) -> bool {
                $(<$kind>::same(&self.$field, &other.$field))&&*
            }

            fn check_fits(&self, path: Path<'_>) -> Result<(), TooLarge> {
                $(<$kind>::check_fits(&self.$field, path.field(stringify!($field)))?;)*
                Ok(())
            }
        }
    };
}
