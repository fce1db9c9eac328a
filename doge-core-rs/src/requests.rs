//! Requests of the wire as the reducer's types. Reference: `reducer/requests.py`.

use std::collections::HashMap;

use crate::json::{wrong_type, ErrorKind, Object, Path, Value, WireError};
use crate::kinds::{Kind, Number};
use crate::orders::Sizing;
use crate::pricing::OrderSizes;
use crate::schema::{object_of, Contract};
use crate::snapshot::read_state;
use crate::types::{
    EngineConfig, Event, FillEvent, PairState, PriceTick, RecoveryCancelEvent, RecoveryFillEvent, TimerTick,
};

type Read<T> = Result<T, WireError>;

/// The configuration of defaults alone.
pub fn default_config() -> EngineConfig {
    read_config(&Value::Object(Object::default())).expect("every field of a configuration has a default")
}

/// The error that a field of the request is missing.
pub fn missing(name: &str) -> WireError {
    WireError::new(ErrorKind::RequestError, format!("{name}: is missing"))
}

/// A field of the request. Reference: `required`.
pub fn required<'v, 'a>(request: &'v Object<'a>, name: &str) -> Read<&'v Value<'a>> {
    request.get(name).ok_or_else(|| missing(name))
}

/// Read a configuration or an event. Missing fields take their defaults, if any; unknown fields are refused.
/// Reference: `read_strict`.
fn read_strict<T: Contract>(object: &Object<'_>, path: Path<'_>, may_have_type: bool) -> Read<T> {
    let value = T::read_fields(|name| object.get(name).map(|value| (name, value)), path)?;
    for (name, _) in &object.0 {
        let is_field = T::FIELDS.iter().any(|field| field.as_bytes() == &*name.0);
        let is_type = may_have_type && *name.0 == *b"_type";
        if !is_field && !is_type {
            return Err(WireError::value(Path::Field(&path, &name.0), "is not a field"));
        }
    }
    Ok(value)
}

/// Read a configuration; missing fields take their defaults. Reference: `read_config`.
pub fn read_config(value: &Value<'_>) -> Read<EngineConfig> {
    let path = Path::Root("cfg");
    read_strict(object_of(value, path)?, path, false)
}

/// Read an event, recognised by its `_type` or else by its fields. Reference: `read_event`.
pub fn read_event(value: &Value<'_>) -> Read<Event> {
    let no_event = || WireError::new(ErrorKind::TypeError, "event: is no event");
    let Value::Object(object) = value else {
        return Err(no_event());
    };
    let name = match object.get("_type") {
        Some(Value::Text(name)) => &*name.0,
        Some(_) => b"",
        None => type_from_fields(object).as_bytes(),
    };
    let path = Path::Root("event");
    match name {
        b"PriceTick" => read_strict::<PriceTick>(object, path, true).map(Event::PriceTick),
        b"TimerTick" => read_strict::<TimerTick>(object, path, true).map(Event::TimerTick),
        b"FillEvent" => read_strict::<FillEvent>(object, path, true).map(Event::FillEvent),
        b"RecoveryFillEvent" => {
            read_strict::<RecoveryFillEvent>(object, path, true).map(Event::RecoveryFillEvent)
        }
        b"RecoveryCancelEvent" => {
            read_strict::<RecoveryCancelEvent>(object, path, true).map(Event::RecoveryCancelEvent)
        }
        _ => Err(no_event()),
    }
}

/// Reference: `_type_from_fields`.
fn type_from_fields(object: &Object<'_>) -> &'static str {
    if object.has("order_local_id") {
        return FillEvent::NAME;
    }
    if object.has("recovery_id") {
        return if object.has("price") { RecoveryFillEvent::NAME } else { RecoveryCancelEvent::NAME };
    }
    if object.has("price") {
        return PriceTick::NAME;
    }
    if object.has("timestamp") {
        TimerTick::NAME
    } else {
        ""
    }
}

/// Read the order sizes per trade, in USD. Reference: `read_sizes`.
pub fn read_sizes(value: Option<&Value<'_>>) -> Read<Option<OrderSizes>> {
    let path = Path::Root("order_sizes");
    let object = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => object_of(value, path)?,
    };
    // As in a dictionary: a repeated key keeps its first place and takes its last value.
    let last: HashMap<&[u8], &Value<'_>> = object.0.iter().map(|(key, value)| (&*key.0, value)).collect();
    let mut sizes = OrderSizes::default();
    for (key, _) in &object.0 {
        let size = Some(Number::read(last[&*key.0], Path::Field(&path, &key.0))?);
        match &*key.0 {
            b"A" => sizes.a = size,
            b"B" => sizes.b = size,
            _ => {}
        }
    }
    Ok(Some(sizes))
}

/// Read a number of the request. Reference: `check_number(read_float(…))`.
pub fn read_number(request: &Object<'_>, name: &str) -> Read<f64> {
    Number::read(required(request, name)?, Path::Root(name))
}

/// Read the configuration, the order size in USD and the sizes per trade of a request. Reference: `read_settings`.
pub fn read_settings(request: &Object<'_>) -> Read<Sizing> {
    Ok(Sizing {
        cfg: read_config(required(request, "config")?)?,
        order_size_usd: read_number(request, "order_size_usd")?,
        order_sizes: read_sizes(request.get("order_sizes"))?,
    })
}

/// Read the state of a request. Reference: `read_request_state`.
pub fn read_request_state(request: &Object<'_>) -> Read<PairState> {
    read_state(required(request, "state")?, Path::Root("state"))
}

/// The items of a list. Reference: the check of `answer_replay`.
pub fn read_items<'v, 'a>(request: &'v Object<'a>, name: &str) -> Read<&'v [Value<'a>]> {
    match required(request, name)? {
        Value::List(items) => Ok(items),
        other => Err(wrong_type(Path::Root(name), "a list", other)),
    }
}
