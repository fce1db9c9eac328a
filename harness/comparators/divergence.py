"""A divergence: one place where a port disagreed with the reference. It is data, never an exception."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["value", "type", "missing", "extra", "error", "wire"]
Severity = Literal["critical", "major", "minor"]


class Absent:
    """The value that stands where one side has nothing."""

    def __repr__(self) -> str:
        """The text for a report."""
        return "(absent)"


ABSENT = Absent()

_INDEX = re.compile(r"\[\d+\]")
_STEP = re.compile(r"^\$\.steps\[(\d+)\]")

# What the runtime acts on is critical, what it watches is major, and how an error is worded is minor.
_SEVERITIES: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (re.compile(r"\.error$"), "minor"),
    (re.compile(r"\.(phase|violations|kind)\b"), "major"),
    (re.compile(r"\$\.(types|literals|protocol|contract)"), "major"),
)


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One place where a candidate disagreed with the reference.

    `path` is like `$.steps[3].actions[0].price`; `step` and `event` are the step's index and event where the path is inside
    one, and `event` alone that of a transition which no step of the case asks for. `reference` and `candidate` are the two
    values, `ABSENT` where there is none.
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
        """The type of the event, or a dash where there is none."""
        return event_type(self.event) if self.step is not None or self.event is not None else "-"

    @property
    def fingerprint(self) -> str:
        """A hash of what differs and where, without indices: the same bug has the same fingerprint in every case."""
        where = _INDEX.sub("[*]", self.path)
        return hashlib.sha256(f"{where}|{self.kind}|{self.event_type}".encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """The divergence as plain data, floats with their bits."""
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
    """The type that an event claims, or how it looks without one."""
    if isinstance(event, dict):
        return str(event.get("_type", "untyped"))
    return "no event"


def step_of(path: str) -> int | None:
    """The step that a path leads into."""
    match = _STEP.match(path)
    return int(match.group(1)) if match else None


def shown(value: Any) -> Any:
    """A value for a report: a float with its bits, because two of them can print alike to a hurried eye."""
    if isinstance(value, float):
        return f"{value!r} ({float_bits(value)})"
    return repr(value) if isinstance(value, Absent) else _without_arrays(value)


def _without_arrays(value: Any) -> Any:
    """The value with its arrays as lists, which JSON can hold."""
    if isinstance(value, dict):
        return {key: _without_arrays(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_arrays(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def float_bits(value: float) -> str:
    """The bits of a double, as hex."""
    return "0x" + struct.pack(">d", value).hex()
