//! Standard input as lines, and standard output without a buffer, of which a failed pipe would leave something to be written.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread::sleep;
use std::time::Duration;

use doge_core_rs::wire_text::LINE_BYTES_MAX;

/// Standard input cannot be read, or standard output cannot be written; the sentence says which and why.
/// Reference: `PipeError`.
pub struct PipeError(pub String);

impl PipeError {
    fn new(what: &str, error: &Error) -> Self {
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or(&text);
        Self(format!("{what} ({reason})"))
    }
}

/// How much is read at once, and what the buffer shrinks to after a longer line.
const CHUNK_BYTES: usize = 65_536;
/// How long a pipe that would block is left alone.
const PAUSE: Duration = Duration::from_millis(1);

/// A line of the input. It lies in the buffer until the next one is asked for.
pub enum Line<'i> {
    /// A line without its end.
    Whole(&'i [u8]),
    /// A line that is too long; it was skipped.
    TooLong,
    /// There is no further line.
    End,
}

/// Standard input, and what of it was read and not yet answered.
pub struct Input {
    stream: Result<File, Error>,
    buffer: Vec<u8>,
    from: usize,
}

/// A copy of a stream's descriptor, with the error of a stream that is not there.
fn opened(stream: BorrowedFd<'_>) -> Result<File, Error> {
    stream.try_clone_to_owned().map(File::from)
}

impl Input {
    /// Standard input; that it is closed shows when it is read.
    pub fn new() -> Self {
        Self { stream: opened(std::io::stdin().as_fd()), buffer: Vec::new(), from: 0 }
    }

    /// The next line. Reference: `_read_line`.
    pub fn next_line(&mut self) -> Result<Line<'_>, PipeError> {
        self.buffer.drain(..self.from);
        self.from = 0;
        if self.buffer.capacity() > 2 * CHUNK_BYTES && self.buffer.len() <= CHUNK_BYTES {
            self.buffer.shrink_to(CHUNK_BYTES);
        }
        let (mut seen, mut too_long) = (0, false);
        loop {
            if let Some(end) = self.buffer[seen..].iter().position(|byte| *byte == b'\n') {
                let end = seen + end;
                self.from = end + 1;
                return Ok(if too_long || end > LINE_BYTES_MAX {
                    Line::TooLong
                } else {
                    Line::Whole(&self.buffer[..end])
                });
            }
            seen = self.buffer.len();
            if seen > LINE_BYTES_MAX {
                // The rest is passed over without being held: the line is too long already.
                too_long = true;
                self.buffer.clear();
                seen = 0;
            }
            if self.read_more()? == 0 {
                self.from = self.buffer.len();
                return Ok(match self.buffer[..] {
                    _ if too_long => Line::TooLong,
                    [] => Line::End,
                    ref rest => Line::Whole(rest),
                });
            }
        }
    }

    fn read_more(&mut self) -> Result<usize, PipeError> {
        let failed = |error: &Error| PipeError::new("standard input cannot be read", error);
        let stream = self.stream.as_mut().map_err(|error| failed(error))?;
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK_BYTES, 0);
        let read = retried(|| stream.read(&mut self.buffer[held..]));
        self.buffer.truncate(held + read.as_ref().unwrap_or(&0));
        read.map_err(|error| failed(&error))
    }
}

/// Standard output.
pub struct Output {
    stream: Result<File, Error>,
}

impl Output {
    /// Standard output; that it is closed shows when it is written.
    pub fn new() -> Self {
        Self { stream: opened(std::io::stdout().as_fd()) }
    }

    /// Write all of an answer. Reference: `_write`.
    pub fn write(&mut self, answer: &[u8]) -> Result<(), PipeError> {
        let failed = |error: &Error| PipeError::new("standard output cannot be written", error);
        let stream = self.stream.as_mut().map_err(|error| failed(error))?;
        let mut rest = answer;
        while !rest.is_empty() {
            let written = retried(|| stream.write(rest)).map_err(|error| failed(&error))?;
            rest = &rest[written..];
        }
        Ok(())
    }
}

/// Call again what a signal interrupted or what would have blocked.
fn retried(mut call: impl FnMut() -> Result<usize, Error>) -> Result<usize, Error> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(PAUSE),
            result => return result,
        }
    }
}
