//! Numbers as the answers write them.

/// Write a float with the fewest digits that read back to it; infinities become text. Reference: `to_line`.
pub fn write_float(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(if value > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    }
}

/// Write an int.
pub fn write_int(value: i128, out: &mut Vec<u8>) {
    // Few ints have many digits, and none that leaves the reducer more than 19.
    match u8::try_from(value) {
        Ok(digit @ 0..=9) => out.push(b'0' + digit),
        _ => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

/// How the reference spells a float that is not finite. Reference: `_spelled`.
pub fn spelled(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write_float(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_float_is_always_marked_as_one() {
        assert_eq!(
            [1.0, -0.0, 1e22, 5e-324, 0.1, 1e16].map(written).join(" "),
            "1.0 -0.0 1e22 5e-324 0.1 1e16"
        );
        assert_eq!(written(f64::NEG_INFINITY), "\"-Infinity\"");
    }

    #[test]
    fn ints_are_digits() {
        let mut out = Vec::new();
        [0, 9, 10, -1, i128::from(i64::MIN)].into_iter().for_each(|value| write_int(value, &mut out));
        assert_eq!(out, b"0910-1-9223372036854775808");
    }
}
