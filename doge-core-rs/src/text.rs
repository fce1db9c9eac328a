//! Texts of JSON, which may hold what no `str` can: lone surrogates, written as `\ud800`.
//!
//! The reference reads them into a Python string and refuses them where a field wants valid Unicode; in a sentence about an
//! unknown field they are repeated. So a text is kept in the generalised UTF-8 in which a surrogate has three bytes (WTF-8).

use std::borrow::Cow;

/// A text of JSON, in generalised UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl Text<'_> {
    /// The text as a string, if it is valid Unicode.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

const SURROGATES_FIRST: u32 = 0xd800;
const BEYOND_BMP: u32 = 0x1_0000;

/// Append a code point, which may be a surrogate.
pub fn push_code_point(out: &mut Vec<u8>, code: u32) {
    let low = |shift: u32| 0x80 | ((code >> shift) & 0x3f) as u8;
    match code {
        0..0x80 => out.push(code as u8),
        0x80..0x800 => out.extend([0xc0 | (code >> 6) as u8, low(0)]),
        0x800..BEYOND_BMP => out.extend([0xe0 | (code >> 12) as u8, low(6), low(0)]),
        _ => out.extend([0xf0 | (code >> 18) as u8, low(12), low(6), low(0)]),
    }
}

/// The code points of generalised UTF-8.
pub fn code_points(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let (length, mask) = match first {
            0..0x80 => (1, 0x7f),
            0x80..0xe0 => (2, 0x1f),
            0xe0..0xf0 => (3, 0x0f),
            _ => (4, 0x07),
        };
        let (this, others) = rest.split_at(length.min(rest.len()));
        rest = others;
        let code = u32::from(first & mask);
        Some(this[1..].iter().fold(code, |code, byte| code << 6 | u32::from(byte & 0x3f)))
    })
}

/// Write a text as a string of JSON in ASCII. Reference: `json.dumps` of a `str`.
pub fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte) && *byte != b'"' && *byte != b'\\') {
        out.extend_from_slice(bytes);
    } else {
        code_points(bytes).for_each(|code| write_code_point(code, out));
    }
    out.push(b'"');
}

fn write_code_point(code: u32, out: &mut Vec<u8>) {
    match code {
        0x22 => out.extend_from_slice(b"\\\""),
        0x5c => out.extend_from_slice(b"\\\\"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x09 => out.extend_from_slice(b"\\t"),
        0x0a => out.extend_from_slice(b"\\n"),
        0x0c => out.extend_from_slice(b"\\f"),
        0x0d => out.extend_from_slice(b"\\r"),
        0x20..=0x7e => out.push(code as u8),
        BEYOND_BMP.. => {
            write_escape(SURROGATES_FIRST + ((code - BEYOND_BMP) >> 10), out);
            write_escape(0xdc00 + ((code - BEYOND_BMP) & 0x3ff), out);
        }
        _ => write_escape(code, out),
    }
}

fn write_escape(unit: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
}

/// The first code points of a text. Reference: `text[:n]`.
pub fn first_code_points(bytes: &[u8], n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    code_points(bytes).take(n).for_each(|code| push_code_point(&mut out, code));
    out
}

/// The bytes of the whole character beyond ASCII that starts here, 0 if there is none: table 3-7 of the Unicode standard.
pub fn character_bytes(rest: &[u8]) -> usize {
    match *rest {
        [0xc2..=0xdf, 0x80..=0xbf, ..] => 2,
        [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..]
        | [0xe1..=0xec | 0xee | 0xef, 0x80..=0xbf, 0x80..=0xbf, ..]
        | [0xed, 0x80..=0x9f, 0x80..=0xbf, ..] => 3,
        [0xf0, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
        | [0xf1..=0xf3, 0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
        | [0xf4, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => 4,
        _ => 0,
    }
}

/// Remove blanks from both ends. Reference: `str.strip`.
///
/// DIFFERENCE from `str::trim`, as Python's `str.isspace` is: the separators U+001C to U+001F are blanks too.
pub fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write_string(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_ascii() {
        assert_eq!(written("ä\u{1f600}\u{7f}\n\"\\".as_bytes()), r#""\u00e4\ud83d\ude00\u007f\n\"\\""#);
    }

    #[test]
    fn lone_surrogates_survive() {
        let mut bytes = Vec::new();
        push_code_point(&mut bytes, 0xdc00);
        assert_eq!(Text(Cow::Borrowed(&bytes)).as_str(), None);
        assert_eq!(written(&bytes), r#""\udc00""#);
    }

    #[test]
    fn python_s_blanks_are_stripped() {
        assert_eq!(strip("\u{1f}\u{a0} regime\u{85}\u{3000}"), "regime");
        assert_eq!(strip("\u{200b}none"), "\u{200b}none");
    }

    #[test]
    fn a_text_is_cut_by_code_points() {
        assert_eq!(first_code_points("äöü".as_bytes(), 2), "äö".as_bytes());
    }
}
