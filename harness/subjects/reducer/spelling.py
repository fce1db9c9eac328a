"""The spelling of answers, which docs/wire.md prescribes more strictly than `json.loads` reads them.

A reader of JSON drops repeated keys, ignores the order of fields and rounds long numbers, so two answers that parse to the same
data may still be spelled differently. Other readers of a port's answers (a digest over the text, a log, a client that parses
in place) would notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from harness.comparators.exact import Difference
from harness.comparators.path import Path

# Keys of the envelope of an answer, whose order is free; every other object is one of the contract's types.
_ENVELOPE_KEYS = ("steps", "actions", "error", "contract")


class _Written(float):
    """A float that keeps the text it was parsed from."""

    token: str

    def __new__(cls, token: str) -> _Written:
        """Parse a token and keep it."""
        number = super().__new__(cls, token)
        number.token = token
        return number


class _Fields(dict[str, Any]):
    """An object that keeps the names of its repeated keys."""

    repeated: tuple[str, ...] = ()


def _fields(pairs: list[tuple[str, Any]]) -> _Fields:
    fields = _Fields(pairs)
    if len(fields) != len(pairs):
        keys = [key for key, _ in pairs]
        fields.repeated = tuple(key for key in fields if keys.count(key) > 1)
    return fields


@lru_cache(maxsize=65_536)
def is_shortest(token: str) -> bool:
    """Return True if a float has the fewest digits that parse to it; the form of the exponent is free."""
    mantissa = token.lower().partition("e")[0].lstrip("-")
    whole, _, fraction = mantissa.partition(".")
    if fraction.endswith("0") and fraction != "0":
        return False
    return len(_digits(whole + fraction)) <= len(_digits(repr(float(token)).partition("e")[0]))


def _digits(mantissa: str) -> str:
    return mantissa.replace(".", "").replace("-", "").strip("0")


def well_written(line: bytes) -> bool:
    """Return True if an answer is UTF-8 without repeated keys or excess digits; the order of fields is not checked."""
    sound = True

    def fields(pairs: list[tuple[str, Any]]) -> None:
        nonlocal sound
        sound = sound and len({key for key, _ in pairs}) == len(pairs)

    def number(token: str) -> None:
        nonlocal sound
        sound = sound and is_shortest(token)

    try:
        json.loads(line.decode(), object_pairs_hook=fields, parse_float=number)
    except ValueError:
        return False
    return sound


def misspelled(*, reference: Any, line: bytes, path: Path) -> Iterator[Difference]:
    """Yield every place where an answer's spelling violates docs/wire.md, each of kind `wire` with its path."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        yield path, "wire", "UTF-8", f"byte {error.start} is not"
        return
    if text.startswith("\ufeff"):
        yield path, "wire", "a line that starts with its object", "a byte order mark before it"
        return
    yield from _of(reference, json.loads(text, object_pairs_hook=_fields, parse_float=_Written), path)


def _of(reference: Any, candidate: Any, path: Path) -> Iterator[Difference]:
    if isinstance(candidate, _Written) and not is_shortest(candidate.token):
        yield path, "wire", f"shortest digits: {float(candidate)!r}", candidate.token
    elif isinstance(candidate, _Fields):
        yield from _of_fields(reference if isinstance(reference, dict) else {}, candidate, path)
    elif isinstance(candidate, list):
        known = reference if isinstance(reference, list) else []
        for index, item in enumerate(candidate):
            yield from _of(known[index] if index < len(known) else None, item, path / index)


def _of_fields(reference: dict[str, Any], candidate: _Fields, path: Path) -> Iterator[Difference]:
    for key in candidate.repeated:
        yield path / key, "wire", "the key once", "the key more than once"
    wanted = [key for key in reference if key in candidate]
    written = [key for key in candidate if key in reference]
    if wanted != written and not any(key in reference for key in _ENVELOPE_KEYS):
        first = next(key for key, other in zip(wanted, written, strict=True) if key != other)
        yield path / first, "wire", f"fields in contract order: {', '.join(wanted)}", ", ".join(written)
    for key, item in candidate.items():
        yield from _of(reference.get(key), item, path / key)
