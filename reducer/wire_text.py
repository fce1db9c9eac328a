"""A line of the wire as a request, within the limits of `docs/wire.md`, and the sentence for a line that is none.

`json.loads` reads every line. It says in its own words what is wrong, and takes lines that the wire refuses: those that are
nested deeper, or have longer numbers. So a line that it refuses, or that may be beyond a limit, is walked through once more,
byte by byte, for the place and the reason that every port gives.
"""

from __future__ import annotations

import json
import re

from reducer.requests import RequestError

LINE_BYTES_MAX, DEPTH_MAX, NUMBER_CHARS_MAX = 67_108_864, 64, 1_100

_SPACE = re.compile(rb"[ \t\n\r]*")
_DIGITS = re.compile(rb"[0-9]*")
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9][0-9.eE+-]{%d}" % (NUMBER_CHARS_MAX - 1))
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")
# Bytes of a string that stand for themselves, and whole characters beyond ASCII: table 3-7 of the Unicode standard.
_PLAIN = re.compile(
    rb"(?:[ !#-\[\]-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*"
)
_HEX = re.compile(rb"[0-9a-fA-F]{4}")
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null", b"I": b"Infinity", b"N": b"NaN"}


def read_line(line: bytes) -> object:
    """Return the document of a line, with or without its line end. Raises `RequestError`."""
    line = line.removesuffix(b"\n")
    if len(line) > LINE_BYTES_MAX:
        raise RequestError(f"request: longer than {LINE_BYTES_MAX} bytes")
    try:
        document: object = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        check_line(line)
        raise RequestError(f"request: is not JSON ({error})") from error
    if _LONG_NUMBER.search(line) or _is_deep(line):
        check_line(line)
    return document


def _is_deep(line: bytes) -> bool:
    """Return True if a line of JSON is nested deeper than the limit."""
    # Each level needs a bracket of its own.
    if line.count(b"[") + line.count(b"{") <= DEPTH_MAX:
        return False
    brackets = _TEXT.sub(b"", line).translate(_AS_ARRAYS, _ALL_BUT_BRACKETS)
    for _ in range(DEPTH_MAX):
        if not brackets:
            return False
        # Takes the innermost level away, wherever it is.
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def check_line(line: bytes) -> None:
    """Walk through a line. Raises `RequestError` for the first thing that is wrong with it."""
    end = _space(line, _value(line, _space(line, 0), 0))
    if end < len(line):
        raise _not_json("unexpected text behind the value", end)


def _not_json(reason: str, at: int) -> RequestError:
    return RequestError(f"request: is not JSON ({reason}, at byte {at})")


def _space(line: bytes, at: int) -> int:
    return _end(_SPACE, line, at)


def _end(pattern: re.Pattern[bytes], line: bytes, at: int) -> int:
    """Return the place behind what a pattern that may be empty matches."""
    found = pattern.match(line, at)
    assert found is not None, "the pattern may be empty"
    return found.end()


def _value(line: bytes, at: int, depth: int) -> int:
    """Return the place behind the value that starts at a place, inside so many brackets."""
    first = line[at : at + 1]
    if not first:
        raise _not_json("unexpected end", at)
    if first in b"{[":
        if depth == DEPTH_MAX:
            raise RequestError(f"request: nested deeper than {DEPTH_MAX} levels")
        return _object(line, at + 1, depth + 1) if first == b"{" else _array(line, at + 1, depth + 1)
    if first == b'"':
        return _string(line, at + 1)
    word = b"-Infinity" if line.startswith(b"-I", at) else _WORDS.get(first)
    if word is None and first in b"-0123456789":
        return _number(line, at)
    if word is None or not line.startswith(word, at):
        raise _not_json("unexpected character", at)
    return at + len(word)


def _array(line: bytes, at: int, depth: int) -> int:
    at = _space(line, at)
    if line.startswith(b"]", at):
        return at + 1
    while True:
        at = _space(line, _value(line, at, depth))
        if line.startswith(b"]", at):
            return at + 1
        if not line.startswith(b",", at):
            raise _not_json("expected , or ]", at)
        at = _space(line, at + 1)


def _object(line: bytes, at: int, depth: int) -> int:
    at = _space(line, at)
    if line.startswith(b"}", at):
        return at + 1
    while True:
        if not line.startswith(b'"', at):
            raise _not_json("expected a key", at)
        at = _space(line, _string(line, at + 1))
        if not line.startswith(b":", at):
            raise _not_json("expected :", at)
        at = _space(line, _value(line, _space(line, at + 1), depth))
        if line.startswith(b"}", at):
            return at + 1
        if not line.startswith(b",", at):
            raise _not_json("expected , or }", at)
        at = _space(line, at + 1)


def _string(line: bytes, at: int) -> int:
    """Return the place behind the string whose opening quote is just before a place."""
    while True:
        at = _end(_PLAIN, line, at)
        byte = line[at : at + 1]
        if byte == b'"':
            return at + 1
        if not byte:
            raise _not_json("unterminated string", at)
        if byte == b"\\":
            at = _escape(line, at)
        else:
            raise _not_json("control character in a string" if byte < b" " else "invalid UTF-8", at)


def _escape(line: bytes, at: int) -> int:
    """Return the place behind the escape that starts at a place. A lone surrogate is JSON; what it stands in refuses it."""
    kind = line[at + 1 : at + 2]
    if kind == b"u":
        if not _HEX.match(line, at + 2):
            raise _not_json("bad \\u escape", at)
        return at + 6
    if not kind or kind not in b'"\\/bfnrt':
        raise _not_json("unknown escape", at)
    return at + 2


def _number(line: bytes, start: int) -> int:
    at = start + line.startswith(b"-", start)
    end = _end(_DIGITS, line, at)
    if line.startswith(b"0", at) and end > at + 1:
        raise _not_json("leading zero", at + 1)
    end = _some_digits(end, at)
    if line.startswith(b".", end):
        end = _some_digits(_end(_DIGITS, line, end + 1), end + 1)
    if line[end : end + 1] in (b"e", b"E"):
        at = end + 1 + (line[end + 1 : end + 2] in (b"+", b"-"))
        end = _some_digits(_end(_DIGITS, line, at), at)
    if end - start > NUMBER_CHARS_MAX:
        raise _not_json(f"a number longer than {NUMBER_CHARS_MAX} characters", start)
    return end


def _some_digits(end: int, at: int) -> int:
    """Return the end of digits that begin at a place, of which there must be one at least."""
    if end == at:
        raise _not_json("expected a digit", at)
    return end
