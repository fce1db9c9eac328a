"""Divergences: places where a port disagrees with the reference. They are data, never exceptions."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["value", "type", "missing", "extra", "error", "wire"]
Severity = Literal["critical", "major", "minor"]


class Absent:
    """The type of `ABSENT`, which stands for a value that one side lacks."""

    def __repr__(self) -> str:
        """The text for a report."""
        return "(absent)"


ABSENT = Absent()

_INDEX = re.compile(r"\[\d+\]")
_STEP = re.compile(r"^\$\.steps\[(\d+)\]")

# Values that the runtime acts on are critical, those that it only monitors are major, the wording of errors is minor.
_SEVERITIES: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (re.compile(r"\.error$"), "minor"),
    (re.compile(r"\.(phase|violations|kind)\b"), "major"),
    (re.compile(r"\$\.(types|literals|protocol|contract)"), "major"),
)


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One place where a candidate disagreed with the reference.

    `path` is like `$.steps[3].actions[0].price`; `step` and `event` are the index and event of the step that the path is in.
    `event` without `step` belongs to a transition that is not a step of the case. `reference` and `candidate` are the two
    values, or `ABSENT`.
    """

    path: str
    kind: Kind
    reference: Any
    candidate: Any
    step: int | None = None
    event: Any = None

    @property
    def severity(self) -> Severity:
        """The severity for a runtime that trades on the answer."""
        if self.kind == "error" and ABSENT in (self.reference, self.candidate):
            return "critical"
        if self.kind == "wire":
            return "major"
        return next((severity for pattern, severity in _SEVERITIES if pattern.search(self.path)), "critical")

    @property
    def event_type(self) -> str:
        """The type of the event, or a dash without one."""
        return event_type(self.event) if self.step is not None or self.event is not None else "-"

    @property
    def fingerprint(self) -> str:
        """A hash of path without indices, kind and type of event: a bug has the same fingerprint in every case."""
        where = _INDEX.sub("[*]", self.path)
        return hashlib.sha256(f"{where}|{self.kind}|{self.event_type}".encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Return the divergence as plain data, floats with their bits."""
        return {
            "path": self.path,
            "kind": self.kind,
            "severity": self.severity,
            "fingerprint": self.fingerprint,
            "step": self.step,
            "event": self.event,
            "reference": shown(self.reference),
            "candidate": shown(self.candidate),
        }


def event_type(event: Any) -> str:
    """Return the `_type` of an event, `untyped` without one, or `no event` if it is not an object."""
    if isinstance(event, dict):
        return str(event.get("_type", "untyped"))
    return "no event"


def step_of(path: str) -> int | None:
    """Return the index of the step that a path is in, or None."""
    match = _STEP.match(path)
    return int(match.group(1)) if match else None


def shown(value: Any) -> Any:
    """Return a value for a report. Floats are shown with their bits, because two of them can look alike."""
    if isinstance(value, float):
        return f"{value!r} ({float_bits(value)})"
    return repr(value) if isinstance(value, Absent) else _without_arrays(value)


def _without_arrays(value: Any) -> Any:
    """Return the value with arrays replaced by lists, which JSON can hold."""
    if isinstance(value, dict):
        return {key: _without_arrays(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_arrays(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def float_bits(value: float) -> str:
    """Return the bits of a double, as hex."""
    return "0x" + struct.pack(">d", value).hex()
