//! A document of JSON: values, and the errors that name a place within them.

use std::borrow::Cow;

use crate::text::Text;

/// A value of JSON. An int beyond 64 bits is kept as the double nearest to it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    BigInt(f64),
    Float(f64),
    Text(Text<'a>),
    List(Vec<Value<'a>>),
    Object(Object<'a>),
}

impl Value<'_> {
    /// The JSON type, with its article. Reference: `json_type`.
    pub fn json_type(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::BigInt(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// The members of an object in the order of the line; a repeated key is still there twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(pub Vec<(Text<'a>, Value<'a>)>);

impl<'a> Object<'a> {
    /// The value of a key; of a repeated key, the last.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.0.iter().rev().find(|(name, _)| *name.0 == *key.as_bytes()).map(|(_, value)| value)
    }

    /// True if there is such a key.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// A text that is written in this program.
pub const fn text(ascii: &'static str) -> Value<'static> {
    Value::Text(Text(Cow::Borrowed(ascii.as_bytes())))
}

/// A place in a request, for error messages. It is written out only where an error needs it.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub enum Path<'p> {
    Root(&'p str),
    Field(&'p Path<'p>, &'p [u8]),
    Item(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    /// The path of a field.
    pub fn field(&'p self, name: &'p str) -> Path<'p> {
        Path::Field(self, name.as_bytes())
    }

    /// The path as it is written in a sentence; the path of a result's own field has no root.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Path::Root(name) => name.as_bytes().to_vec(),
            Path::Field(Path::Root(""), name) => name.to_vec(),
            Path::Field(parent, name) => [&parent.to_bytes(), &b"."[..], name].concat(),
            Path::Item(parent, index) => [parent.to_bytes(), format!("[{index}]").into_bytes()].concat(),
        }
    }
}

/// The kinds of an error, by the exception that the reference raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ErrorKind {
    ValueError,
    TypeError,
    OverflowError,
    RequestError,
    /// This program failed.
    InternalError,
}

/// An error that is answered: its kind and its sentence, in generalised UTF-8, and which of several events failed.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct WireError {
    pub kind: ErrorKind,
    pub sentence: Vec<u8>,
    pub index: Option<usize>,
}

impl WireError {
    /// The error with a sentence.
    pub fn new(kind: ErrorKind, sentence: impl Into<Vec<u8>>) -> Self {
        Self { kind, sentence: sentence.into(), index: None }
    }

    /// A `ValueError` about the value at a path.
    pub fn value(path: Path<'_>, what: impl AsRef<[u8]>) -> Self {
        Self::new(ErrorKind::ValueError, [&path.to_bytes(), &b": "[..], what.as_ref()].concat())
    }

    /// The same error of one of several events. Reference: `EventError`.
    pub fn of_event(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// The same sentence as the error of another kind.
    pub fn of_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }
}

/// The error that the server has another state than the client thinks. Reference: `session_lost`.
pub fn session_lost() -> WireError {
    WireError::new(ErrorKind::RequestError, "session: is lost, send the state again")
}

/// The error for a value of the wrong type. Reference: `wrong_type`.
pub fn wrong_type(path: Path<'_>, expected: &str, value: &Value<'_>) -> WireError {
    WireError::value(path, format!("expected {expected}, got {}", value.json_type()))
}
