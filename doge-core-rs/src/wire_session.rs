//! Sessions of the wire: requests carry only the event, answers only what changed. Reference: `reducer/wire_session.py`.

use std::borrow::Cow;

use crate::digest::{cycles_digest, state_digest};
use crate::invariants::check_invariants;
use crate::json::{session_lost, wrong_type, Object, Path, Value, WireError};
use crate::kinds::{Int, Kind};
use crate::numbers::write_int;
use crate::orders::Sizing;
use crate::requests::{
    read_config, read_event, read_items, read_number, read_request_state, read_settings, read_sizes, required,
};
use crate::schema::{write_list, write_name, Contract};
use crate::snapshot::read_patch;
use crate::text::write_string;
use crate::transition::transition;
use crate::types::{Action, PairState};
use crate::wire::{from_too_large, write_violations};

/// The most sessions that are kept. Reference: `SESSIONS_MAX`.
pub const SESSIONS_MAX: usize = 64;

type Answered = Result<Vec<u8>, WireError>;

/// The state and the settings that the server keeps for a client. Reference: `Session`.
#[derive(Debug)]
struct Session {
    state: PairState,
    digest: String,
    /// The chain of the completed cycles' digests, which is extended and never recomputed.
    booked: u64,
    sizing: Sizing,
}

/// The most recently used sessions, the last used last. Reference: `Sessions`.
#[derive(Debug, Default)]
pub struct Sessions {
    sessions: Vec<(i128, Session)>,
}

impl Sessions {
    /// Answer `step`: apply an event to a session, or several. A step that fails changes nothing. Reference: `Sessions.step`.
    pub fn step(&mut self, request: &Object<'_>) -> Answered {
        let number = number(request)?;
        let (held, before) = if request.has("state") {
            (None, Cow::Owned(read_request_state(request)?))
        } else {
            let (session, state) = self.find(request)?;
            (Some(session), state)
        };
        let mut actions = Vec::new();
        let (after, sizing) = if request.has("events") {
            let events = read_items(request, "events")?;
            let sizing = settings(request, held)?;
            (steps(&before, events, &sizing, &mut actions)?, sizing)
        } else {
            let event = read_event(required(request, "event")?)?;
            let sizing = settings(request, held)?;
            let (after, acted) = transition(&before, &event, &sizing).map_err(from_too_large)?;
            write_list(&acted, &mut actions, Action::write_row);
            (after, sizing)
        };
        // A session extends its chain by what is new; a state that was sent has none yet.
        let booked = booked(&after, held);
        let digest = state_digest(&after, booked);
        let answer = written(&digest, &before, &after, &actions);
        drop(before);
        self.keep(number, Session { state: after, digest, booked, sizing });
        Ok(answer)
    }

    /// Answer `check_invariants` for the state in the request, or for the session's. Reference: `Sessions.check_invariants`.
    pub fn check_invariants(&self, request: &Object<'_>) -> Answered {
        if request.has("session") && !request.has("state") {
            return Ok(write_violations(&check_invariants(&self.find(request)?.1)));
        }
        Ok(write_violations(&check_invariants(&read_request_state(request)?)))
    }

    /// The session that the request names, and its state with what the request patches. Reference: `Sessions._find`.
    fn find(&self, request: &Object<'_>) -> Result<(&Session, Cow<'_, PairState>), WireError> {
        let number = number(request)?;
        let session = self.sessions.iter().rev().find(|(known, _)| *known == number);
        let digest = match required(request, "digest")? {
            Value::Text(digest) => digest,
            other => return Err(wrong_type(Path::Root("digest"), "a string", other)),
        };
        let (_, session) = session.ok_or_else(session_lost)?;
        let (state, found) = match request.get("patch") {
            None => (Cow::Borrowed(&session.state), Cow::Borrowed(&session.digest)),
            Some(patch) => {
                let state = read_patch(patch, &session.state)?;
                let found = state_digest(&state, booked(&state, Some(session)));
                (Cow::Owned(state), Cow::Owned(found))
            }
        };
        if *found.as_bytes() == *digest.0 {
            Ok((session, state))
        } else {
            Err(session_lost())
        }
    }

    /// Keep a session as the one used last, and drop the one whose use is longest ago if there are too many.
    fn keep(&mut self, number: i128, session: Session) {
        self.sessions.retain(|(known, _)| *known != number);
        self.sessions.push((number, session));
        if self.sessions.len() > SESSIONS_MAX {
            self.sessions.remove(0);
        }
        // The state before is gone, so what it shared with this one can be extended in place.
        if let Some((_, session)) = self.sessions.last_mut() {
            session.state.completed_cycles.settle();
        }
    }
}

/// The chain of a state's completed cycles, which extends that of the session that it comes from.
fn booked(state: &PairState, held: Option<&Session>) -> u64 {
    let (chain, known) =
        held.map_or((0, 0), |session| (session.booked, session.state.completed_cycles.len()));
    cycles_digest(state.completed_cycles.since(known), chain)
}

/// Reference: `_number`.
fn number(request: &Object<'_>) -> Result<i128, WireError> {
    let path = Path::Root("session");
    let number = Int::read(required(request, "session")?, path)?;
    if number < 0 {
        return Err(WireError::value(path, "must not be negative"));
    }
    Ok(number)
}

/// Read the settings of a request; those that it leaves out stay as they were. Reference: `_settings`.
fn settings(request: &Object<'_>, before: Option<&Session>) -> Result<Sizing, WireError> {
    let Some(Session { sizing, .. }) = before else {
        return read_settings(request);
    };
    let has = |name: &str| request.has(name);
    Ok(Sizing {
        cfg: request.get("config").map_or_else(|| Ok(sizing.cfg.clone()), read_config)?,
        order_size_usd: if has("order_size_usd") {
            read_number(request, "order_size_usd")?
        } else {
            sizing.order_size_usd
        },
        order_sizes: if has("order_sizes") {
            read_sizes(request.get("order_sizes"))?
        } else {
            sizing.order_sizes
        },
    })
}

/// Apply events in turn, and write the actions of each. Reference: `_steps`.
fn steps(
    before: &PairState,
    events: &[Value<'_>],
    sizing: &Sizing,
    out: &mut Vec<u8>,
) -> Result<PairState, WireError> {
    let mut state = before.clone();
    let mut rows = Vec::with_capacity(events.len());
    for (index, data) in events.iter().enumerate() {
        let (after, actions) = read_event(data)
            .and_then(|event| transition(&state, &event, sizing).map_err(from_too_large))
            .map_err(|error| error.of_event(index))?;
        state = after;
        state.completed_cycles.settle();
        rows.push(actions);
    }
    write_list(&rows, out, |actions, out| write_list(actions, out, Action::write_row));
    Ok(state)
}

fn written(digest: &str, before: &PairState, after: &PairState, actions: &[u8]) -> Vec<u8> {
    let mut out = b"{".to_vec();
    write_name("digest", &mut out);
    write_string(digest.as_bytes(), &mut out);
    write_delta(before, after, &mut out);
    write_name("actions", &mut out);
    out.extend_from_slice(actions);
    out.push(b'}');
    out
}

/// Write what changed from one state to the next. Reference: `delta`.
///
/// DIFFERENCE: the reference compares JSON, this the bits; both tell -0.0 from 0.0.
fn write_delta(before: &PairState, after: &PairState, out: &mut Vec<u8>) {
    write_name("set", out);
    out.push(b'{');
    after.write_changed(before, out);
    out.push(b'}');
    write_merged("orders", &before.orders, &after.orders, out);
    write_merged("recovery_orders", &before.recovery_orders, &after.recovery_orders, out);
    let known = before.completed_cycles.len();
    if after.completed_cycles.len() > known {
        write_name("completed_cycles", out);
        write_list(after.completed_cycles.since(known), out, Contract::write_row);
    }
}

/// Write the new list as indexes into the old one and rows of new items, if it changed. Reference: `_merge_list`.
fn write_merged<T: Contract>(name: &str, old: &[T], new: &[T], out: &mut Vec<u8>) {
    if old.len() == new.len() && old.iter().zip(new).all(|(one, other)| one.same(other)) {
        return;
    }
    write_name(name, out);
    write_list(new, out, |item, out| match old.iter().position(|known| known.same(item)) {
        Some(index) => write_int(index as i128, out),
        None => item.write_row(out),
    });
}
