//! The executable: the reducer behind a pipe. Reference: `main` of `reducer/wire.py`.

// The start of a Rust program opens /dev/null in the place of a closed standard stream, which a port has to report.
#![no_main]

mod streams;

use std::ffi::{c_char, c_int};
use std::io::Write;

use doge_core_rs::wire::{handle_line, Answer};
use doge_core_rs::wire_session::Sessions;
use doge_core_rs::wire_text::too_long;
use streams::{Input, Line, Output, PipeError};

/// The exit codes of a request that was answered with an error, and of a pipe that failed.
const EXIT_REFUSED: c_int = 2;
const EXIT_PIPE_FAILED: c_int = 1;
const USAGE: &str =
    "usage: doge-core-rs [--server], one JSON request a line on standard input (docs/wire.md)";

/// The start of the program.
#[allow(unsafe_code)]
#[no_mangle]
pub extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    default_signals();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let result = match arguments.iter().map(AsRef::as_ref).collect::<Vec<&str>>()[..] {
        [] => once(),
        ["--server"] => serve(),
        ["--help"] => Output::new().write(format!("{USAGE}\n").as_bytes()).map(|()| 0),
        _ => {
            complain(USAGE.as_bytes());
            Ok(EXIT_REFUSED)
        }
    };
    result.unwrap_or_else(|PipeError(sentence)| {
        complain(sentence.as_bytes());
        EXIT_PIPE_FAILED
    })
}

/// Let Ctrl-C end the process at once, also where the caller ignores it, and a client that has gone be an error of the next
/// write.
#[allow(unsafe_code)]
fn default_signals() {
    // SAFETY: no handler is installed, and no other thread runs yet.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
}

/// Answer line after line until the input ends.
fn serve() -> Result<c_int, PipeError> {
    let (mut input, mut output, mut sessions) = (Input::new(), Output::new(), Sessions::default());
    loop {
        let answer = match input.next_line()? {
            Line::End => return Ok(0),
            Line::TooLong => Answer::from(Err(too_long())),
            Line::Whole(line) => handle_line(line, Some(&mut sessions)),
        };
        output.write(&answer.line)?;
    }
}

/// Answer the first line; no line at all is an empty one.
fn once() -> Result<c_int, PipeError> {
    let mut input = Input::new();
    let answer = match input.next_line()? {
        Line::End => handle_line(b"", None),
        Line::TooLong => Answer::from(Err(too_long())),
        Line::Whole(line) => handle_line(line, None),
    };
    Output::new().write(&answer.line)?;
    Ok(match answer.error {
        None => 0,
        Some(sentence) => {
            complain(&sentence);
            EXIT_REFUSED
        }
    })
}

/// Write a sentence to standard error, which may be gone too.
fn complain(sentence: &[u8]) {
    let _ = std::io::stderr().write_all(&[&String::from_utf8_lossy(sentence), "\n"].concat().into_bytes());
}
