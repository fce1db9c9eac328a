"""How the pages write numbers, times and verdicts, and which command fills which part of them."""

from __future__ import annotations

import json
from typing import Any

from harness.evidence.statement import Evidence, stamp
from harness.store.chain import TIME_MAX

# The command that leaves records of a kind; `{subject}` stands for the subject.
COMMANDS = {
    "run": "parity run --subject {subject}",
    "golden": "parity golden verify --subject {subject}",
    "fuzz": "parity fuzz --subject {subject}",
    "exhaust": "parity exhaust --subject {subject}",
    "mutants": "parity mutants --subject {subject}",
    "mutants-compiled": "parity mutants --compiled",
    "coverage": "parity golden coverage --subject {subject}",
    "bench": "parity bench --subject {subject}",
}
# A value of a divergence is cut off after so many characters; the record and the repro have all of it.
VALUE_LENGTH_MAX = 400
# The tone of a verdict is its colour on a page; the word stands beside it.
GOOD, BAD, UNSURE = "good", "bad", "unsure"
MINUTE_SEC, HOUR_SEC, DAY_SEC = 60.0, 3600.0, 86_400.0


def command_for(kind: str, subject: str) -> str:
    """The command that leaves records of a kind."""
    return COMMANDS[kind].replace("{subject}", subject)


def number(value: float | None) -> str:
    """A number with separators; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """A share as a percentage; a dash for none."""
    return "–" if value is None else f"{100.0 * value:.4g} %"


def minute(seconds: float) -> str:
    """A time in UTC, to the minute; the number for what is none, as a figure that is edited may be."""
    return stamp(seconds)[:16].replace("T", " ") if 0.0 <= seconds < TIME_MAX else number(seconds)


def moment(seconds: float) -> str:
    """A time as a machine reads it, in UTC, to the second."""
    return stamp(seconds)[:19] + "Z"


def ago(seconds: float, now: float) -> str:
    """How long ago a time was, roughly."""
    gone = now - seconds
    for unit, word in ((DAY_SEC, "day"), (HOUR_SEC, "hour"), (MINUTE_SEC, "minute")):
        if gone >= unit:
            many = int(gone // unit)
            return f"{many} {word}{'' if many == 1 else 's'} ago"
    return "just now" if gone >= 0.0 else "in the future"


def value_text(value: Any) -> str:
    """A value of a divergence as text, cut off where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[:VALUE_LENGTH_MAX]} …"


def tone_of(evidence: Evidence) -> str:
    """The tone of a record: good for yes, bad for no, unsure for what did not come to an answer."""
    return {0: GOOD, 1: BAD}.get(evidence.exit_code, UNSURE)


def tone_of_status(status: str) -> str:
    """The tone of a criterion's status."""
    return {"go": GOOD, "no-go": BAD}.get(status, UNSURE)
