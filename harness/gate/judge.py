"""The judgement on each criterion: go, no-go or cannot tell, with the record that decides and the reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from harness.evidence.book import Book, Entry
from harness.evidence.signing import is_signed_by
from harness.evidence.statement import Evidence, stamp
from harness.gate.matching import WORDING, foreign
from harness.gate.policy import DAY_SEC, LEDGER, SIGN_OFF, Criterion, Policy, Rule, number_text
from harness.store.chain import CLOCK_SEC
from harness.words import counted

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

# The way out of a ledger with a fault, which stays in it.
REMEDY = (
    "these faults stay: find out what happened, take the other records to a new ledger (parity evidence export --sound, "
    "parity evidence import), make again what was left out, and use the new one"
)
UNSIGNED = "not signed by this key"


class Status(Enum):
    """The status of a criterion. Only `GO` lets anything pass."""

    GO = "go"
    NO_GO = "no-go"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The judgement on one criterion about one subject. `record` is the id of the record that decides, if there is one."""

    id: str
    subject: str
    phase: int
    text: str
    critical: bool
    status: Status
    reason: str
    record: str | None = None
    values: Mapping[str, float | None] = field(default_factory=dict)
    sample: Mapping[str, float | None] = field(default_factory=dict)
    command: str = ""

    @property
    def name(self) -> str:
        """The criterion with its subject, as in `1.night/SUBJECT`."""
        return f"{self.id}/{self.subject}" if self.subject else self.id

    def to_json(self) -> dict[str, Any]:
        """The judgement as plain data."""
        return {
            "id": self.id,
            "subject": self.subject,
            "phase": self.phase,
            "text": self.text,
            "critical": self.critical,
            "status": self.status.value,
            "reason": self.reason,
            "record": self.record,
            "values": dict(self.values),
            "sample": dict(self.sample),
            "command": self.command,
        }


@dataclass(frozen=True, kw_only=True)
class Present:
    """The digests of today by subject, and two times in seconds since 1970: the moment to judge, and what the clock says.

    The digest of a port that is not here is an empty text. With `key`, records that it did not sign do not count.
    """

    digests: Mapping[str, Mapping[str, str]]
    now: float
    clock: float
    key: SSlibKey | None = None

    def counts(self, entry: Entry) -> bool:
        """True for every record where no key is asked for, else for those that it signed."""
        return self.key is None or is_signed_by(entry.row.statement, entry.row.signatures, self.key)


def judge_all(policy: Policy, book: Book, present: Present, phase: int | None = None) -> list[Finding]:
    """The judgements on the ledger itself and on every criterion, up to a phase or all."""
    subjects = list(present.digests)
    entries = policy.entries(subjects, phase)
    return [_ledger(book, present), *(_judge(policy, criterion, subject, book, present) for criterion, subject in entries)]


def verdict_of(findings: Sequence[Finding]) -> Status:
    """Go if everything is; no-go if anything that is critical is no-go; else nobody can tell."""
    statuses = {finding.status for finding in findings if finding.critical}
    if Status.NO_GO in statuses:
        return Status.NO_GO
    return Status.GO if all(finding.status is Status.GO for finding in findings) else Status.CANNOT_TELL


def _ledger(book: Book, present: Present) -> Finding:
    faults = book.all_faults
    late = [entry.row.id for entry in book.entries if entry.row.recorded_at > present.now + CLOCK_SEC]
    faults += [f"record {ident} was recorded in the future: the clock was moved" for ident in late]
    return Finding(
        id=LEDGER,
        subject="",
        phase=0,
        text="Every record is as it was written, none was removed, and no clock went back.",
        critical=True,
        status=Status.NO_GO if faults else Status.GO,
        reason="; ".join([*faults, REMEDY]) if faults else f"{counted(len(book.entries), 'record')}, as they were written",
        command="parity evidence list",
    )


def _judge(policy: Policy, criterion: Criterion, subject: str, book: Book, present: Present) -> Finding:
    status, reason, entry = _decided(criterion, subject, book, present)
    if status is Status.GO and (lacking := _lacking(policy, criterion, subject, entry, book, present)):
        status, reason = Status.CANNOT_TELL, lacking
    evidence = None if entry is None else entry.evidence
    return Finding(
        id=criterion.id,
        subject=subject,
        phase=criterion.phase,
        text=criterion.text,
        critical=criterion.critical,
        status=status,
        reason=reason,
        record=None if entry is None else entry.row.id,
        values={} if evidence is None else {rule.figure: evidence.figure(rule.figure) for rule in criterion.rules},
        sample={} if evidence is None else {each.figure: evidence.figure(each.figure) for each in criterion.sample},
        command=criterion.command_for(subject),
    )


def needed_by(
    policy: Policy, criterion: Criterion, subject: str, book: Book, present: Present
) -> Iterator[tuple[Finding, float]]:
    """The criteria that one needs, for its subject or for every one: each finding, and when its first pass was made."""
    for needed, about in policy.entries(list(present.digests), None):
        if needed.id in criterion.needs and (subject in ("", about) or not about):
            ended = [entry.evidence.made_at for entry in _passes(needed, about, book, present) if entry.evidence is not None]
            yield _judge(policy, needed, about, book, present), min(ended, default=math.inf)


def _lacking(
    policy: Policy, criterion: Criterion, subject: str, entry: Entry | None, book: Book, present: Present
) -> str | None:
    """Why a criterion that would be a go stands on nothing: what it needs is no go, or came after it."""
    assert entry is not None
    assert entry.evidence is not None
    for finding, ended_at in needed_by(policy, criterion, subject, book, present):
        if finding.status is not Status.GO:
            return f"{finding.name} is {finding.status.value}, and this stands on it"
        if entry.evidence.ended_at < ended_at:
            return f"was before there was evidence of {finding.name}, on which it stands; make it again"
    return None


def _decided(criterion: Criterion, subject: str, book: Book, present: Present) -> tuple[Status, str, Entry | None]:
    found = [entry for entry in book.of_kind(criterion.kind, subject) if _is_about(criterion, entry)]
    unsound = next((entry for entry in found if not entry.sound), None)
    if unsound is not None:
        return Status.NO_GO, unsound.faults[0], unsound
    signed = [entry for entry in found if present.counts(entry)]
    if found and not signed:
        return Status.CANNOT_TELL, UNSIGNED, found[0]
    found = signed
    if subject and subject not in present.digests:
        return Status.CANNOT_TELL, f"the subject {subject} is not installed here; there are {', '.join(present.digests)}", None
    young = [entry for entry in found if _is_fresh(criterion, entry, present)]
    for entry in young:
        # A failure counts for whatever part of this build it is of; a pass has to be of all of it.
        of_today = not foreign(criterion, subject, entry.evidence, present.digests, some_ports=True)
        if of_today and (broken := _broken(criterion, subject, entry, present)):
            return Status.NO_GO, broken, entry
    today = _of_today(criterion, subject, young, present)
    large = [entry for entry in today if not _too_small(criterion, subject, entry)]
    if large:
        # The last attempt is the one that was made last, however old its data are.
        return _of_newest(criterion, max(today, key=_made_at), large)
    return _missing(criterion, subject, found, today[0] if today else None, present)


def _made_at(entry: Entry) -> float:
    return 0.0 if entry.evidence is None else entry.evidence.made_at


def _of_today(criterion: Criterion, subject: str, entries: Sequence[Entry], present: Present) -> list[Entry]:
    return [entry for entry in entries if not foreign(criterion, subject, entry.evidence, present.digests)]


def _passes(criterion: Criterion, subject: str, book: Book, present: Present) -> list[Entry]:
    """The records by which a criterion is a go, where nothing speaks against it."""
    found = [entry for entry in book.of_kind(criterion.kind, subject) if _is_about(criterion, entry)]
    today = _of_today(criterion, subject, [entry for entry in found if _is_fresh(criterion, entry, present)], present)
    return [each for each in today if each.evidence and each.evidence.passed and not _too_small(criterion, subject, each)]


def _of_newest(criterion: Criterion, newest: Entry, large: Sequence[Entry]) -> tuple[Status, str, Entry]:
    """The judgement where there is evidence enough, unless the last attempt did not come to its end."""
    assert newest.evidence is not None
    if newest.evidence.exit_code not in (0, 1):
        return Status.CANNOT_TELL, f"the last attempt ended with {newest.evidence.verdict}; make it again", newest
    whole = next((entry for entry in large if entry.evidence is not None and entry.evidence.passed), None)
    if whole is None:
        return Status.CANNOT_TELL, "no attempt of this size came to its end", large[0]
    return Status.GO, _signed(whole) if criterion.kind == SIGN_OFF else "every rule is kept", whole


def _signed(entry: Entry) -> str:
    details = {} if entry.evidence is None else entry.evidence.details
    return " ".join(f"signed off by {details.get('name')}: {details.get('reason')}".split())


def _is_about(criterion: Criterion, entry: Entry) -> bool:
    """True for a sign-off of this criterion, and for all other evidence of its kind."""
    return criterion.kind != SIGN_OFF or (
        entry.evidence is not None and entry.evidence.details.get("criterion") == criterion.id
    )


def _is_fresh(criterion: Criterion, entry: Entry, present: Present) -> bool:
    assert entry.evidence is not None
    return present.now - entry.evidence.ended_at <= criterion.max_age_days * DAY_SEC


def _too_small(criterion: Criterion, subject: str, entry: Entry) -> str | None:
    assert entry.evidence is not None
    for sample in criterion.sample:
        value = entry.evidence.figure(sample.figure)
        if value is None or value < sample.least(subject):
            least = number_text(sample.least(subject))
            return f"is too small: {'no' if value is None else number_text(value)} {sample.figure}, needs at least {least}"
    return None


def _broken(criterion: Criterion, subject: str, entry: Entry, present: Present) -> str | None:
    """The first rule that a record breaks, in words; None where it breaks none."""
    evidence = entry.evidence
    assert evidence is not None
    small = _too_small(criterion, subject, entry) is not None
    if not small and evidence.exit_code == 1:
        return next(
            (text for rule in criterion.rules if (text := _breaks(rule, evidence, present.now))),
            f"the command said no: {evidence.verdict}",
        )
    whole = evidence.exit_code == 0 and not small
    rules = [rule for rule in criterion.rules if whole or rule.always]
    return next((text for rule in rules if (text := _breaks(rule, evidence, present.now, missing=whole))), None)


def _breaks(rule: Rule, evidence: Evidence, now: float, *, missing: bool = True) -> str | None:
    value = evidence.figure(rule.figure)
    if value is None:
        return f"has no {rule.figure}, wanted {rule.text}" if missing else None
    return (
        None
        if rule.holds(value, now)
        else f"{rule.figure} is {rule.value_text(value, now)}, wanted {rule.limit}{rule.wait(value)}"
    )


def _missing(
    criterion: Criterion, subject: str, found: Sequence[Entry], of_today: Entry | None, present: Present
) -> tuple[Status, str, Entry | None]:
    """The reason why no record is enough, by the one that comes nearest: the newest of today, or the newest of all."""
    if not found:
        what = "nobody has signed it off" if criterion.kind == SIGN_OFF else "there is no such evidence"
        return Status.CANNOT_TELL, what, None
    newest = of_today or found[0]
    which = "the newest record" if newest is found[0] else "the newest record of today's build"
    assert newest.evidence is not None
    other = foreign(criterion, subject, newest.evidence, present.digests)
    if other is not None:
        named = other == WORDING or other in newest.evidence.digests
        reason = f"is of another {other}" if named else f"says nothing of {other}"
    elif not _is_fresh(criterion, newest, present):
        reason = f"is of {stamp(newest.evidence.ended_at)[:10]}, and must be {criterion.age_text}"
    else:
        reason = _too_small(criterion, subject, newest) or f"ended with {newest.evidence.verdict}"
        # More of the same would not do: whoever waits for a sample of days is to know it now.
        broken = (_breaks(rule, newest.evidence, present.now, missing=False) for rule in criterion.rules)
        reason += next((f"; already {each}" for each in broken if each), "")
    return Status.CANNOT_TELL, f"{which} {reason}", newest
