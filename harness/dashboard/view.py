"""All that the pages are made of: the evidence up to a moment, and the gate's judgement on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.evidence.book import Book, Entry
from harness.evidence.digests import PORT
from harness.evidence.statement import Evidence
from harness.gate.certificate import as_it_was
from harness.gate.judge import Finding, Present, judge_all
from harness.gate.policy import Policy
from harness.panel import REFERENCE
from harness.store.chain import Head, Row


@dataclass(frozen=True, kw_only=True)
class View:
    """The ledger at a moment, as the pages show it."""

    book: Book
    findings: Sequence[Finding]
    policy: Policy
    present: Present

    @property
    def now(self) -> float:
        """The moment, in seconds since 1970."""
        return self.present.now

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The installed subjects in their order, and then those that only records know."""
        installed = list(self.present.digests)
        known = {each.subject for each in self.sound if each.subject}
        return (*installed, *sorted(known.difference(installed)))

    @cached_property
    def sound(self) -> Sequence[Evidence]:
        """The records that are as they were written, the oldest first."""
        found = [entry.evidence for entry in self.book.entries if entry.sound and entry.evidence is not None]
        return sorted(found, key=lambda each: (each.ended_at, each.id))

    @cached_property
    def by_kind(self) -> Mapping[str, Sequence[Evidence]]:
        """The sound records by kind, the oldest first."""
        found: dict[str, list[Evidence]] = {}
        for each in self.sound:
            found.setdefault(each.kind, []).append(each)
        return found

    def of(self, kind: str, subject: str) -> Sequence[Evidence]:
        """The sound records of a kind and a subject, the oldest first."""
        return [each for each in self.by_kind.get(kind, ()) if each.subject == subject]

    def newest(self, kind: str, subject: str) -> Evidence | None:
        """The newest of them, if any."""
        found = self.of(kind, subject)
        return found[-1] if found else None

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by id."""
        return {entry.row.id: entry for entry in self.book.entries}

    def built_in_ports(self, subject: str) -> list[str]:
        """The built-in ports of an installed subject that are here."""
        digests = self.present.digests.get(subject, {})
        return [name.removeprefix(PORT) for name, digest in digests.items() if name.startswith(PORT) and digest]


def view_of(rows: Sequence[Row], head: Head, *, policy: Policy, present: Present) -> View:
    """The ledger as it was at the moment of `present`, judged by a policy."""
    book, _ = as_it_was(rows, head, present)
    return View(book=book, findings=judge_all(policy, book, present), policy=policy, present=present)


def ports_in(evidence: Evidence) -> dict[str, bool]:
    """The candidates that a record is about, each with whether it could be compared."""
    found = {name.removeprefix(PORT): True for name in evidence.digests if name.startswith(PORT)}
    for name, each in plain_mapping(evidence.details.get("ports")).items():
        if name != REFERENCE:
            available = plain_mapping(each).get("available")
            # A failure names every port that was asked, and so those that were not to be had as well.
            found[name] = available is True or (name in found and available is not False)
    return dict(sorted(found.items()))


def plain_mapping(value: Any) -> Mapping[str, Any]:
    """A value of the details if it is an object, else an empty one: a record of another version may hold anything."""
    return value if isinstance(value, Mapping) else {}


def plain_list(value: Any) -> Sequence[Any]:
    """A value of the details if it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else ()
