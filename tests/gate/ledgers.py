"""Ledgers with evidence made up for tests: all that a policy asks for, or some of it spoiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from harness.evidence.digests import built_in, digests_of
from harness.evidence.statement import Evidence, Figure
from harness.gate.certificate import Certificate, certify
from harness.gate.judge import Finding, Present
from harness.gate.policy import SIGN_OFF, Criterion, Policy, read_policy
from harness.store.chain import Head, Row
from harness.store.ledger import Ledger
from harness.subjects.registry import names, subject_called

# The moment that the tests' gates judge, in seconds since 1970, and the end of the evidence.
NOW, ENDED = 1_790_000_000.0, 1_789_990_000.0
DAY = 86_400.0


def begun(folder: Path) -> str:
    """The address of a new ledger without a record."""
    url = f"sqlite:///{folder / 'l.sqlite'}"
    Ledger(url).close()
    return url


@cache
def digests() -> Mapping[str, Mapping[str, str]]:
    """The digests of this checkout, by subject."""
    subjects = [subject_called(name) for name in names()]
    return {about.name: digests_of(about, built_in(about)) for about in subjects}


def present(now: float = NOW, clock: float = NOW + 365.0 * DAY) -> Present:
    """This checkout at a moment, asked about later."""
    return Present(digests=digests(), now=now, clock=clock)


def digests_for(subject: str) -> dict[str, str]:
    """The digests that evidence about a subject holds, or about none."""
    if subject:
        return dict(digests()[subject])
    return {f"{name} {what}": digest for name, each in digests().items() for what, digest in each.items()}


def satisfying(policy: Policy) -> list[Evidence]:
    """Records that keep every rule of a policy, one for each kind and subject, and one for each sign-off."""
    found: dict[tuple[str, str, str], Evidence] = {}
    for criterion, subject in policy.entries(names(), None):
        key = (criterion.kind, subject, criterion.id if criterion.kind == SIGN_OFF else "")
        known = found.get(key) or record(criterion.kind, subject, ident=f"{len(found):04d}")
        details = {"criterion": criterion.id, "signed": criterion.signed} if criterion.kind == SIGN_OFF else {}
        figures = {**known.figures, **_figures(criterion, subject, known.figures)}
        found[key] = replace(known, figures=figures, details={**known.details, **details})
    return list(found.values())


def record(kind: str, subject: str, *, ident: str, ended_at: float = ENDED, **changes: Any) -> Evidence:
    """A record without figures."""
    plain = Evidence(
        id=ident,
        kind=kind,
        subject=subject,
        command=("parity", kind),
        verdict="PARITY",
        exit_code=0,
        started_at=ended_at - 60.0,
        ended_at=ended_at,
        digests=digests_for(subject),
    )
    return replace(plain, **changes)


def _figures(criterion: Criterion, subject: str, known: Mapping[str, Figure]) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for rule in criterion.rules:
        if rule.days_at_least is not None:
            figures[rule.figure] = Figure(NOW - (rule.days_at_least + 1.0) * DAY)
        else:
            figures[rule.figure] = Figure(rule.at_least if rule.at_least is not None else 0)
    for sample in criterion.sample:
        already = known[sample.figure].value if sample.figure in known else 0
        figures[sample.figure] = Figure(max(sample.least(subject), already))
    return figures


def fill(ledger: Ledger, records: list[Evidence]) -> None:
    """Add records, each when it ended."""
    from harness.store import chain

    for each in records:
        chain.append(ledger._engine, each.id, each.text(), now=each.ended_at + 1.0)


def gate(rows: list[Row], head: Head, *, policy: Policy | None = None, now: float = NOW) -> Certificate:
    """The certificate on rows."""
    return certify(policy or read_policy(), rows, head, present(now), None)


def named(certificate: Certificate) -> dict[str, Finding]:
    """The findings by their names."""
    return {finding.name: finding for finding in certificate.findings}


def edited(records: list[Evidence], kind: str, subject: str, change: Callable[[Evidence], Evidence]) -> list[Evidence]:
    """The same records, those of a kind and subject changed before they are added."""
    return [change(each) if (each.kind, each.subject) == (kind, subject) else each for each in records]
