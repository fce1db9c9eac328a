"""Divergences: places where a port disagrees with the reference. They are data, never exceptions."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Any, Literal

from harness.comparators.path import Path, path_of

Kind = Literal["value", "type", "missing", "extra", "error", "wire"]
Severity = Literal["critical", "major", "minor"]


class Absent:
    """The type of `ABSENT`, which stands for a value that one side lacks."""

    def __repr__(self) -> str:
        """The text for a report."""
        return "(absent)"


ABSENT = Absent()

# The runtime acts on most fields: they are critical. It watches these, and nobody acts on the wording of an error.
_WATCHED, _CONTRACT = frozenset({"phase", "violations", "kind"}), ("types", "literals", "protocol", "contract")


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One place where a candidate disagreed with the reference.

    `path` is like `$.steps[3].actions[0].price`; `step` and `event` are the index and event of the step that the path is in.
    `event` without `step` belongs to a transition that is not a step of the case. `reference` and `candidate` are the two
    values, or `ABSENT`. `cause` says how a port failed to answer: `timeout`, `died with exit code 3`, `refused (ValueError)`.
    `stage` is the first stage of a calculation at which the case differs, for a subject whose stages follow from one another.
    """

    path: Path
    kind: Kind
    reference: Any
    candidate: Any
    step: int | None = None
    event: Any = None
    cause: str = ""
    stage: str = ""

    def __post_init__(self) -> None:
        """Read a path that was given as text."""
        object.__setattr__(self, "path", path_of(self.path))

    @property
    def severity(self) -> Severity:
        """The severity for a runtime that trades on the answer."""
        if self.kind == "error" and ABSENT in (self.reference, self.candidate):
            return "critical"
        if self.kind == "wire":
            return "major"
        if self.path.last == "error":
            return "minor"
        first = self.path.steps[0] if self.path.steps else ""
        watched = not _WATCHED.isdisjoint(self.path.steps) or str(first).startswith(_CONTRACT)
        return "major" if watched else "critical"

    @property
    def event_type(self) -> str:
        """The type of the event, or a dash without one."""
        return event_type(self.event) if self.step is not None or self.event is not None else "-"

    @property
    def fingerprint(self) -> str:
        """A hash of path without indices, kind, type of event and cause: a bug has the same fingerprint in every case.

        Where the case has a stage, its hash: what differs in later stages follows from it.
        """
        told = f"{self.path.anywhere}|{self.kind}|{self.event_type}" + (f"|{self.cause}" if self.cause else "")
        return hashlib.sha256((f"stage|{self.stage}" if self.stage else told).encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Return the divergence as plain data, floats with their bits."""
        return {
            "path": self.path,
            "kind": self.kind,
            "severity": self.severity,
            "fingerprint": self.fingerprint,
            "step": self.step,
            "event": self.event,
            "cause": self.cause,
            "stage": self.stage,
            "reference": shown(self.reference),
            "candidate": shown(self.candidate),
        }


def event_type(event: Any) -> str:
    """Return the `_type` of an event, `untyped` without one, or `no event` if it is not an object."""
    if isinstance(event, dict):
        return str(event.get("_type", "untyped"))
    return "no event"


def step_of(path: Path) -> int | None:
    """Return the index of the step that a path is in, or None."""
    match path.steps:
        case ("steps", int(step), *_):
            return step
    return None


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
