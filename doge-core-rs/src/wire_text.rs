//! A line of the wire as a request, within the limits of `docs/wire.md`, and the sentence for a line that is none.
//! Reference: `reducer/wire_text.py`.
//!
//! DIFFERENCE: the reference has `json.loads` read every line and walks through a line a second time where that refuses it.
//! Here one walk reads, and stops at the first mistake.

use std::borrow::Cow;

use crate::json::{ErrorKind, Object, Value, WireError};
use crate::text::{character_bytes, push_code_point, Text};

/// The most bytes of a line, without its end. Reference: `LINE_BYTES_MAX`.
pub const LINE_BYTES_MAX: usize = 67_108_864;
/// The most levels of nesting. Reference: `DEPTH_MAX`.
pub const DEPTH_MAX: usize = 64;
/// The most characters of a number. Reference: `NUMBER_CHARS_MAX`.
pub const NUMBER_CHARS_MAX: usize = 1_100;

type Read<T> = Result<T, WireError>;

/// The document of a line, with or without its line end. Reference: `read_line`.
pub fn read_line(line: &[u8]) -> Read<Value<'_>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if line.len() > LINE_BYTES_MAX {
        return Err(too_long());
    }
    let mut walk = Walk { line, at: 0 };
    walk.space();
    let document = walk.value(0)?;
    walk.space();
    if walk.at < line.len() {
        return Err(not_json("unexpected text behind the value", walk.at));
    }
    Ok(document)
}

/// The error for a line that is too long, which a server need not hold to refuse.
pub fn too_long() -> WireError {
    WireError::new(ErrorKind::RequestError, format!("request: longer than {LINE_BYTES_MAX} bytes"))
}

/// Reference: `_not_json`.
fn not_json(reason: &str, at: usize) -> WireError {
    WireError::new(ErrorKind::RequestError, format!("request: is not JSON ({reason}, at byte {at})"))
}

/// A walk through a line; `at` is the place of the next byte.
struct Walk<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn starts_with(&self, word: &[u8]) -> bool {
        self.line[self.at..].starts_with(word)
    }

    /// Step over a byte, if it is the next one.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Reference: `_space`.
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Reference: `_value`.
    fn value(&mut self, depth: usize) -> Read<Value<'a>> {
        let Some(first) = self.peek() else {
            return Err(not_json("unexpected end", self.at));
        };
        if first == b'{' || first == b'[' {
            if depth == DEPTH_MAX {
                let sentence = format!("request: nested deeper than {DEPTH_MAX} levels");
                return Err(WireError::new(ErrorKind::RequestError, sentence));
            }
            self.at += 1;
            return if first == b'{' { self.object(depth + 1) } else { self.array(depth + 1) };
        }
        if first == b'"' {
            self.at += 1;
            return Ok(Value::Text(self.string()?));
        }
        let (word, value): (&[u8], _) = match first {
            b't' => (b"true", Value::Bool(true)),
            b'f' => (b"false", Value::Bool(false)),
            b'n' => (b"null", Value::Null),
            b'I' => (b"Infinity", Value::Float(f64::INFINITY)),
            b'N' => (b"NaN", Value::Float(f64::NAN)),
            b'-' if self.starts_with(b"-I") => (b"-Infinity", Value::Float(f64::NEG_INFINITY)),
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return Err(not_json("unexpected character", self.at)),
        };
        if !self.starts_with(word) {
            return Err(not_json("unexpected character", self.at));
        }
        self.at += word.len();
        Ok(value)
    }

    /// Reference: `_array`.
    fn array(&mut self, depth: usize) -> Read<Value<'a>> {
        let mut items = Vec::new();
        self.space();
        if self.takes(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.takes(b']') {
                return Ok(Value::List(items));
            }
            if !self.takes(b',') {
                return Err(not_json("expected , or ]", self.at));
            }
            self.space();
        }
    }

    /// Reference: `_object`.
    fn object(&mut self, depth: usize) -> Read<Value<'a>> {
        let mut members = Vec::new();
        self.space();
        if self.takes(b'}') {
            return Ok(Value::Object(Object(members)));
        }
        loop {
            if !self.takes(b'"') {
                return Err(not_json("expected a key", self.at));
            }
            let key = self.string()?;
            self.space();
            if !self.takes(b':') {
                return Err(not_json("expected :", self.at));
            }
            self.space();
            members.push((key, self.value(depth)?));
            self.space();
            if self.takes(b'}') {
                return Ok(Value::Object(Object(members)));
            }
            if !self.takes(b',') {
                return Err(not_json("expected , or }", self.at));
            }
            self.space();
        }
    }

    /// The string whose opening quote is just before this place. Reference: `_string`.
    fn string(&mut self) -> Read<Text<'a>> {
        let mut from = self.at;
        let mut decoded: Option<Vec<u8>> = None;
        loop {
            self.plain();
            let part = &self.line[from..self.at];
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text(match decoded {
                        None => Cow::Borrowed(part),
                        Some(bytes) => Cow::Owned([&bytes, part].concat()),
                    }));
                }
                None => return Err(not_json("unterminated string", self.at)),
                Some(b'\\') => {
                    let bytes = decoded.get_or_insert_with(Vec::new);
                    bytes.extend_from_slice(part);
                    self.escape(bytes)?;
                    from = self.at;
                }
                Some(0..b' ') => return Err(not_json("control character in a string", self.at)),
                Some(_) => return Err(not_json("invalid UTF-8", self.at)),
            }
        }
    }

    /// Step over what stands for itself. Reference: `_PLAIN`.
    fn plain(&mut self) {
        loop {
            match self.line[self.at..] {
                [b' ' | b'!' | b'#'..=b'[' | b']'..=0x7f, ..] => self.at += 1,
                ref rest => match character_bytes(rest) {
                    0 => return,
                    bytes => self.at += bytes,
                },
            }
        }
    }

    /// Decode the escape that starts here. A lone surrogate is JSON; what it stands in refuses it. Reference: `_escape`.
    fn escape(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let Some(kind) = self.line.get(self.at + 1) else {
            return Err(not_json("unknown escape", self.at));
        };
        let byte = match kind {
            b'u' => return self.code_point(out),
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return Err(not_json("unknown escape", self.at)),
        };
        out.push(byte);
        self.at += 2;
        Ok(())
    }

    /// Decode one `\u` escape, or two that are one character.
    fn code_point(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let Some(unit) = self.unit(self.at) else {
            return Err(not_json("bad \\u escape", self.at));
        };
        self.at += 6;
        if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (unit, self.unit(self.at)) {
            self.at += 6;
            push_code_point(out, 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        } else {
            push_code_point(out, unit);
        }
        Ok(())
    }

    /// The UTF-16 unit of a `\u` escape at a place, if there is one.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.line.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    }

    /// Reference: `_number`.
    fn number(&mut self) -> Read<Value<'a>> {
        let start = self.at;
        self.takes(b'-');
        let digits = self.at;
        self.digits();
        if self.line[digits..].starts_with(b"0") && self.at > digits + 1 {
            return Err(not_json("leading zero", digits + 1));
        }
        self.some_digits(digits)?;
        let mut is_int = true;
        if self.takes(b'.') {
            is_int = false;
            let fraction = self.at;
            self.digits();
            self.some_digits(fraction)?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            is_int = false;
            let _ = self.takes(b'+') || self.takes(b'-');
            let exponent = self.at;
            self.digits();
            self.some_digits(exponent)?;
        }
        if self.at - start > NUMBER_CHARS_MAX {
            return Err(not_json(&format!("a number longer than {NUMBER_CHARS_MAX} characters"), start));
        }
        Ok(parsed(&self.line[start..self.at], is_int))
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    /// Refuse a place of digits that has none. Reference: `_some_digits`.
    fn some_digits(&self, from: usize) -> Read<()> {
        if self.at == from {
            return Err(not_json("expected a digit", from));
        }
        Ok(())
    }
}

/// The value of a number's characters: the nearest double, ties to even, which is infinite beyond the largest one.
fn parsed(characters: &[u8], is_int: bool) -> Value<'static> {
    let text = std::str::from_utf8(characters).expect("a number is ASCII");
    let float = || text.parse().expect("the grammar of a number was checked");
    if !is_int {
        return Value::Float(float());
    }
    text.parse().map_or_else(|_| Value::BigInt(float()), Value::Int)
}
