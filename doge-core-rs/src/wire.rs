//! The wire of `docs/wire.md`: one request line in, one answer line out. Reference: `reducer/wire.py`.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::bootstrap::bootstrap_orders;
use crate::contract::write_described;
use crate::digest::{cycles_digest, state_digest};
use crate::invariants::{check_invariants, derive_phase};
use crate::json::{wrong_type, ErrorKind, Object, Path, Value, WireError};
use crate::kinds::{Flag, Kind, Text, TooLarge};
use crate::numbers::{write_float, write_int};
use crate::orders::Sizing;
use crate::pricing::compute_order_volume;
use crate::requests::{
    read_config, read_event, read_items, read_number, read_request_state, read_settings, required,
};
use crate::schema::{write_list, write_name, Contract};
use crate::text::{first_code_points, write_string};
use crate::transition::transition;
use crate::types::{Action, PairState};
use crate::wire_session::Sessions;
use crate::wire_text::read_line;

type Answered = Result<Vec<u8>, WireError>;

/// The methods, in the order in which an error lists them. Reference: `METHODS`.
const METHODS: [&str; 7] = [
    "transition",
    "check_invariants",
    "derive_phase",
    "compute_order_volume",
    "bootstrap_orders",
    "describe",
    "replay",
];
/// The method that only a server has. Reference: `with_sessions`.
const STEP: &str = "step";
/// The most characters of an unknown name that the error quotes.
const SHOWN_CHARACTERS: usize = 40;

/// An answer: its line with the line end, and its sentence if it is an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The line.
    pub line: Vec<u8>,
    /// The sentence of an error.
    pub error: Option<Vec<u8>>,
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        let (mut line, error) = match answered {
            Ok(line) => (line, None),
            Err(error) => (error_object(&error), Some(error.sentence)),
        };
        line.push(b'\n');
        Self { line, error }
    }
}

/// Answer one line; `sessions` are those of a server. Reference: `handle_line`.
pub fn handle_line(line: &[u8], sessions: Option<&mut Sessions>) -> Answer {
    guarded(|| handle(&read_line(line)?, sessions))
}

/// Answer a `replay` request, whatever method it names.
pub fn handle_replay(line: &[u8]) -> Answer {
    guarded(|| answer_replay(request_of(&read_line(line)?)?))
}

/// DIFFERENCE: no line ends a port, so a panic of this program is answered as an error of its own kind.
fn guarded(answer: impl FnOnce() -> Answered) -> Answer {
    let failed =
        |_| Err(WireError::new(ErrorKind::InternalError, "internal: the port panicked on this line"));
    catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(failed).into()
}

/// Answer one request. Reference: `handle`.
fn handle(document: &Value<'_>, sessions: Option<&mut Sessions>) -> Answered {
    let request = request_of(document)?;
    let name = match request.get("method") {
        None | Some(Value::Null) => return Err(unknown_method(b"null", sessions.is_some())),
        Some(name) => {
            Text::read(name, Path::Root("method")).map_err(|e| e.of_kind(ErrorKind::RequestError))?
        }
    };
    match (name.as_str(), sessions) {
        (STEP, Some(sessions)) => sessions.step(request),
        ("check_invariants", Some(sessions)) => sessions.check_invariants(request),
        ("check_invariants", None) => Ok(write_violations(&check_invariants(&read_request_state(request)?))),
        ("transition", _) => answer_transition(request),
        ("derive_phase", _) => answer_phase(request),
        ("compute_order_volume", _) => answer_volume(request),
        ("bootstrap_orders", _) => answer_bootstrap(request),
        ("describe", _) => Ok(answer_describe()),
        ("replay", _) => answer_replay(request),
        (other, sessions) => {
            let mut shown = Vec::new();
            write_string(&first_code_points(other.as_bytes(), SHOWN_CHARACTERS), &mut shown);
            Err(unknown_method(&shown, sessions.is_some()))
        }
    }
}

fn request_of<'v, 'a>(document: &'v Value<'a>) -> Result<&'v Object<'a>, WireError> {
    match document {
        Value::Object(request) => Ok(request),
        other => Err(wrong_type(Path::Root("request"), "an object", other).of_kind(ErrorKind::RequestError)),
    }
}

fn unknown_method(shown: &[u8], has_sessions: bool) -> WireError {
    let known: Vec<&str> = METHODS.into_iter().chain(has_sessions.then_some(STEP)).collect();
    let sentence = [b"request: unknown method ", shown, b"; known: ", known.join(", ").as_bytes()].concat();
    WireError::new(ErrorKind::RequestError, sentence)
}

/// The wire's error object. Reference: `error_object`.
fn error_object(error: &WireError) -> Vec<u8> {
    let mut out = b"{".to_vec();
    write_error(error, &mut out);
    out.push(b'}');
    out
}

fn write_error(error: &WireError, out: &mut Vec<u8>) {
    write_name("error", out);
    write_string(&error.sentence, out);
    write_name("kind", out);
    out.extend_from_slice(format!("\"{:?}\"", error.kind).as_bytes());
    if let Some(index) = error.index {
        write_name("index", out);
        write_int(index as i128, out);
    }
}

/// A result that is too large is an `OverflowError`. Reference: `check_result`.
pub fn from_too_large(TooLarge(path): TooLarge) -> WireError {
    WireError::new(ErrorKind::OverflowError, [b"result.", &path[..], b": is too large"].concat())
}

/// A member of an answer: its name, and what writes its value.
type Member<'m> = (&'m str, &'m dyn Fn(&mut Vec<u8>));

/// An object with its members.
fn object(members: &[Member<'_>]) -> Vec<u8> {
    let mut out = b"{".to_vec();
    for (name, write) in members {
        write_name(name, &mut out);
        write(&mut out);
    }
    out.push(b'}');
    out
}

/// The answer to `check_invariants`.
pub fn write_violations(violations: &[&str]) -> Vec<u8> {
    object(&[("violations", &|out| write_texts(violations, out))])
}

fn write_texts(texts: &[&str], out: &mut Vec<u8>) {
    write_list(texts, out, |text, out| write_string(text.as_bytes(), out));
}

fn answer_phase(request: &Object<'_>) -> Answered {
    let phase = derive_phase(&read_request_state(request)?);
    Ok(object(&[("phase", &|out| write_string(phase.text().as_bytes(), out))]))
}

/// Answer `transition`: one event. Reference: `answer_transition`.
fn answer_transition(request: &Object<'_>) -> Answered {
    let state = read_request_state(request)?;
    let event = read_event(required(request, "event")?)?;
    let sizing = read_settings(request)?;
    let (after, actions) = transition(&state, &event, &sizing).map_err(from_too_large)?;
    Ok(object(&[
        ("state", &|out| after.write(out)),
        ("actions", &|out| write_list(&actions, out, Action::write)),
    ]))
}

/// Answer `replay`: many events, of which one that fails leaves the state unchanged. Reference: `answer_replay`.
fn answer_replay(request: &Object<'_>) -> Answered {
    let mut state = read_request_state(request)?;
    let events = read_items(request, "events")?;
    let sizing = read_settings(request)?;
    let mut booked = cycles_digest(state.completed_cycles.since(0), 0);
    let mut out = b"{".to_vec();
    write_name("steps", &mut out);
    write_list(events, &mut out, |event, out| {
        out.push(b'{');
        match replay_step(&state, event, &sizing) {
            Ok((after, actions)) => {
                booked = cycles_digest(after.completed_cycles.since(state.completed_cycles.len()), booked);
                state = after;
                state.completed_cycles.settle();
                write_name("actions", out);
                write_list(&actions, out, Action::write);
            }
            Err(error) => write_error(&error, out),
        }
        write_name("phase", out);
        write_string(derive_phase(&state).text().as_bytes(), out);
        write_name("violations", out);
        write_texts(&check_invariants(&state), out);
        write_name("digest", out);
        write_string(state_digest(&state, booked).as_bytes(), out);
        out.push(b'}');
    });
    write_name("state", &mut out);
    state.write(&mut out);
    out.push(b'}');
    Ok(out)
}

fn replay_step(
    state: &PairState,
    event: &Value<'_>,
    sizing: &Sizing,
) -> Result<(PairState, Vec<Action>), WireError> {
    transition(state, &read_event(event)?, sizing).map_err(from_too_large)
}

/// Answer `bootstrap_orders`: the first two entries. Reference: `answer_bootstrap`.
fn answer_bootstrap(request: &Object<'_>) -> Answered {
    let state = read_request_state(request)?;
    let cfg = read_config(required(request, "config")?)?;
    let order_size_usd = read_number(request, "order_size_usd")?;
    let allowed = |name: &str| request.get(name).map_or(Ok(true), |flag| Flag::read(flag, Path::Root(name)));
    let (long_only, short_only) = (allowed("allow_long_only")?, allowed("allow_short_only")?);
    let sizing = Sizing { cfg, order_size_usd, order_sizes: None };
    let (after, actions, orders) =
        bootstrap_orders(state, &sizing, long_only, short_only).map_err(from_too_large)?;
    Ok(object(&[
        ("state", &|out| after.write(out)),
        ("actions", &|out| write_list(&actions, out, Action::write)),
        ("orders", &|out| write_list(&orders, out, Contract::write)),
    ]))
}

/// Answer `compute_order_volume`: the volume of an order. Reference: `answer_volume`.
fn answer_volume(request: &Object<'_>) -> Answered {
    let price = read_number(request, "price")?;
    let cfg = read_config(required(request, "config")?)?;
    let size_usd = read_number(request, "order_size_usd")?;
    let volume = compute_order_volume(price, &cfg, size_usd);
    Ok(object(&[("volume", &|out| match volume {
        Some(volume) => write_float(volume, out),
        None => out.extend_from_slice(b"null"),
    })]))
}

/// Answer `describe`: the subject, the port, its version and its contract. Reference: `answer_describe`.
fn answer_describe() -> Vec<u8> {
    let mut out = b"{".to_vec();
    for (name, text) in [("subject", "reducer"), ("port", "rust"), ("version", env!("CARGO_PKG_VERSION"))] {
        write_name(name, &mut out);
        write_string(text.as_bytes(), &mut out);
    }
    write_described(&mut out);
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(answer: &Answer) -> &str {
        std::str::from_utf8(&answer.line).unwrap()
    }

    #[test]
    fn a_panic_is_an_answer() {
        let answer = guarded(|| panic!("on purpose"));
        assert!(text_of(&answer).contains(r#""kind":"InternalError""#));
        assert!(answer.error.is_some());
    }

    #[test]
    fn only_a_server_knows_step() {
        let line = br#"{"method":"step","session":0,"digest":"x"}"#;
        assert!(text_of(&handle_line(line, None)).contains("unknown method"));
        let served = handle_line(line, Some(&mut Sessions::default()));
        assert!(text_of(&served).contains("session: is lost, send the state again"));
    }

    #[test]
    fn of_a_repeated_key_the_last_counts_in_the_first_place() {
        let refused = |sizes: &str| {
            let settings = format!(r#""config":{{}},"order_size_usd":2,"order_sizes":{sizes}"#);
            let line = format!(r#"{{"method":"replay","state":{{}},"events":[],{settings}}}"#);
            handle_line(line.as_bytes(), None).error.map(|sentence| String::from_utf8(sentence).unwrap())
        };
        assert_eq!(refused(r#"{"A":"x","A":1}"#), None);
        let said = refused(r#"{"A":1,"B":"y","A":"x"}"#).unwrap();
        assert_eq!(said, "order_sizes.A: expected a number, got a string");
    }
}
