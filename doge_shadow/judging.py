"""Differences of two plain results, bit by bit, and how bad they are."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["high", "low"]
HIGH, LOW = "high", "low"

_PACK = struct.Struct("<d").pack
_ABSENT = "(absent)"
# A difference names so many places; more of them say nothing new.
PLACES_MAX = 50


@dataclass(frozen=True)
class Difference:
    """One place at which a candidate's result is another: its steps from the root, both values, and what kind of difference."""

    steps: tuple[str | int, ...]
    kind: str
    reference: Any
    candidate: Any
    severity: Severity = "high"

    @property
    def path(self) -> str:
        """The place as text, as in `$.actions[0].price`."""
        return "$" + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.steps)

    @property
    def anywhere(self) -> str:
        """The place without its indices."""
        return "$" + "".join("[*]" if isinstance(each, int) else f".{each}" for each in self.steps)


def differences(reference: Any, candidate: Any, steps: tuple[str | int, ...] = ()) -> Iterator[Difference]:
    """Yield every place at which two plain values differ: in structure, in type, or in the bits of a number."""
    if isinstance(reference, dict) and isinstance(candidate, dict):
        for key in [*reference, *(key for key in candidate if key not in reference)]:
            if key not in candidate or key not in reference:
                sides = reference.get(key, _ABSENT), candidate.get(key, _ABSENT)
                yield Difference((*steps, key), "missing" if key in reference else "extra", *sides)
            else:
                yield from differences(reference[key], candidate[key], (*steps, key))
    elif isinstance(reference, list | tuple) and isinstance(candidate, list | tuple):
        yield from _of_lists(reference, candidate, steps)
    elif type(reference) is not type(candidate):
        yield Difference(steps, "type", reference, candidate)
    elif not _same(reference, candidate):
        yield Difference(steps, "value", reference, candidate)


def _of_lists(reference: Sequence[Any], candidate: Sequence[Any], steps: tuple[str | int, ...]) -> Iterator[Difference]:
    for index in range(max(len(reference), len(candidate))):
        if index >= len(candidate):
            yield Difference((*steps, index), "missing", reference[index], _ABSENT)
        elif index >= len(reference):
            yield Difference((*steps, index), "extra", _ABSENT, candidate[index])
        else:
            yield from differences(reference[index], candidate[index], (*steps, index))


def _same(reference: Any, candidate: Any) -> bool:
    if isinstance(reference, float):
        return _PACK(reference) == _PACK(candidate)
    return bool(reference == candidate)


def fingerprint(found: Sequence[Difference], what: str) -> str:
    """A short name of a kind of divergence: its first place without indices, the kind, and what was called."""
    first = found[0]
    return hashlib.sha256(f"{first.anywhere}|{first.kind}|{what}".encode()).hexdigest()[:12]


def worst(found: Sequence[Difference]) -> Severity:
    """The severity of them all."""
    return "high" if any(each.severity == HIGH for each in found) else "low"
