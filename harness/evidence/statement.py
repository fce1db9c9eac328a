"""A record of evidence, and its spelling as an in-toto statement (https://in-toto.io/Statement/v1)."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from generators.errors import ParityError
from harness.store.rows import TIME_MAX

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:doge-parity:evidence:v1"
# The detail with the time of the report, where a record has the times of the data that the report is of.
REPORTED_AT = "reported_at"
# The unit of a figure that is a time.
SINCE_1970 = "s since 1970"
# Verdicts of a command that did not come to its end.
ERROR, INTERRUPTED = "ERROR", "INTERRUPTED"
# Nothing that is measured is so large; sums and percentages of what is smaller are numbers still.
NUMBER_MAX = 1e300


_SURROGATES = re.compile("[\ud800-\udfff]")


class EvidenceError(ParityError):
    """Evidence that cannot be read or kept. The message says which, where and why."""


@dataclass(frozen=True)
class Figure:
    """A number with its unit, as in `Figure(12.5, "us")`; the unit of a count is "1"."""

    value: int | float
    unit: str = "1"

    @property
    def words(self) -> tuple[str, str]:
        """Value and unit for a reader: a count has none, a time is a date, other numbers keep six digits."""
        if self.unit == SINCE_1970 and 0.0 <= self.value < TIME_MAX:
            return stamp(self.value)[:19].replace("T", " "), "UTC"
        unit = "" if self.unit == "1" else self.unit
        is_whole = isinstance(self.value, int) or (self.value.is_integer() and abs(self.value) < 1e15)
        return f"{int(self.value):,}" if is_whole else f"{self.value:,.6g}", unit


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a command leaves behind. Times are seconds since 1970.

    `kind` names the command (`fuzz`), `subject` what it was about (a subject's name; empty where it is about none). `digests`
    are SHA-256 of the things that were looked at and with. `exit_code` is the command's own: 0 yes, 1 no, 2 an error,
    3 missing, 130 interrupted. `samples` are measurements one by one, `details` is for a reader: ports, problems, machine.
    """

    id: str
    kind: str
    subject: str
    command: tuple[str, ...]
    verdict: str
    exit_code: int
    started_at: float
    ended_at: float
    digests: Mapping[str, str]
    seed: int | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    samples: Mapping[str, Sequence[int | float]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def command_line(self) -> str:
        """The command as a shell reads it."""
        return shlex.join(self.command)

    @property
    def passed(self) -> bool:
        """True if the command said yes."""
        return self.exit_code == 0

    @property
    def made_at(self) -> float:
        """When the command concluded, in seconds since 1970: later than `ended_at`, where that is the end of older data."""
        at = self.details.get(REPORTED_AT)
        return max(self.ended_at, at) if isinstance(at, int | float) else self.ended_at

    def figure(self, name: str) -> int | float | None:
        """The value of a figure; None where there is none of this name."""
        found = self.figures.get(name)
        return None if found is None else found.value

    def text(self) -> str:
        """The statement as canonical JSON: sorted keys, no spaces. Raises `EvidenceError` for what JSON cannot hold."""
        plain = asdict(self)
        subjects = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(plain.pop("digests").items())]
        for name in ("started_at", "ended_at"):
            plain[name] = stamp(plain[name])
        statement = {"_type": STATEMENT, "subject": subjects, "predicateType": PREDICATE, "predicate": plain}
        return canonical(statement)


def canonical(data: Any) -> str:
    """Plain data as JSON in the one way that digests are made of. Raises `EvidenceError` for NaN and infinities.

    Half a surrogate pair, as Python reads bytes that are no UTF-8 in names of files, becomes the sign for what cannot be
    written: the evidence of hours of work must not be lost for it.
    """
    try:
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return _SURROGATES.sub("\ufffd", text)
    except ValueError as error:
        raise EvidenceError(f"evidence: holds a number that JSON has no word for ({error})") from error


def digest_of(text: str) -> str:
    """SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def stamp(seconds: float) -> str:
    """A time as RFC 3339 writes it, in UTC, to the microsecond."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).isoformat(timespec="microseconds")


class _Digest(msgspec.Struct, forbid_unknown_fields=True):
    sha256: str


class _Named(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    digest: _Digest


class _Predicate(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    kind: str
    subject: str
    command: tuple[str, ...]
    verdict: str
    exit_code: int
    started_at: datetime.datetime
    ended_at: datetime.datetime
    seed: int | None
    figures: dict[str, Figure]
    samples: dict[str, tuple[int | float, ...]]
    details: dict[str, Any]


class _Statement(msgspec.Struct, forbid_unknown_fields=True):
    type: str = msgspec.field(name="_type")
    subject: list[_Named]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: _Predicate


def parse(text: str) -> Evidence:
    """Read a statement back. Raises `EvidenceError` naming the place that is not as it must be."""
    try:
        return _parsed(text, msgspec.json.decode(text, type=_Statement))
    except (msgspec.DecodeError, RecursionError, OverflowError, ValueError) as error:
        raise EvidenceError(f"evidence: is not a statement of this kind ({error})") from error


def _parsed(text: str, found: _Statement) -> Evidence:
    if (found.type, found.predicate_type) != (STATEMENT, PREDICATE):
        raise EvidenceError(f"evidence: is a {found.predicate_type} of {found.type}, not a {PREDICATE} of {STATEMENT}")
    predicate = {name: getattr(found.predicate, name) for name in _Predicate.__struct_fields__}
    for name in ("started_at", "ended_at"):
        predicate[name] = predicate[name].timestamp()
    figures = [figure.value for figure in found.predicate.figures.values()]
    samples = [number for each in found.predicate.samples.values() for number in each]
    for place, numbers in (("figures", figures), ("samples", samples)):
        if not all(abs(number) <= NUMBER_MAX for number in numbers):
            raise EvidenceError(f"evidence: $.predicate.{place} holds a number that is not finite, or beyond {NUMBER_MAX:g}")
    evidence = Evidence(digests={each.name: each.digest.sha256 for each in found.subject}, **predicate)
    if evidence.text() != text:
        raise EvidenceError("evidence: is not spelled canonically (sorted keys, no spaces, each name once)")
    return evidence


def check(text: str) -> None:
    """Hold a statement against in-toto's own definition. Raises `EvidenceError`."""
    # Imported here because only what comes from outside needs it.
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    try:
        Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement())).validate()
    except (json_format.ParseError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise EvidenceError(f"evidence: is no in-toto statement ({said})") from error
