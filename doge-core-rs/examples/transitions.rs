//! The cost of the reducer alone: reads `replay` requests, a line each, and prints nanoseconds per transition, with no JSON,
//! digest or check of invariants in between. `cargo run --release --example transitions <requests`

use std::hint::black_box;
use std::io::{stdin, BufRead};
use std::time::Instant;

use doge_core_rs::json::Value;
use doge_core_rs::requests::{read_event, read_items, read_request_state, read_settings};
use doge_core_rs::transition::transition;
use doge_core_rs::wire_text::read_line;

fn main() {
    let (mut nanoseconds, mut steps) = (0, 0);
    for line in stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let Ok(Value::Object(request)) = read_line(line.as_bytes()) else { panic!("a line is no request") };
        let sizing = read_settings(&request).expect("the settings are readable");
        let mut state = read_request_state(&request).expect("the state is readable");
        let items = read_items(&request, "events").expect("there are events");
        let events: Vec<_> =
            items.iter().map(|event| read_event(event).expect("an event is readable")).collect();
        let started = Instant::now();
        for event in &events {
            let (after, actions) = transition(&state, event, &sizing).expect("no result is too large");
            black_box(actions);
            state = after;
            state.completed_cycles.settle();
        }
        nanoseconds += started.elapsed().as_nanos();
        steps += events.len() as u128;
        black_box(&state);
    }
    println!("{}", nanoseconds / steps.max(1));
}
