"""Finds by fingerprint, over all records that name any: first and last seen, the divergence, how to see it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.dashboard.view import View, plain_list, plain_mapping
from harness.dashboard.words import value_text
from harness.evidence.statement import Evidence


@dataclass(kw_only=True)
class Found:
    """A kind of divergence of a port, with the first and the last record that names it."""

    subject: str
    port: str
    fingerprint: str
    first: Evidence
    last: Evidence
    cases: int = 0
    records: int = 0
    divergence: Mapping[str, Any] = field(default_factory=dict)
    repro: str = ""
    gone: bool = False

    def take(self, evidence: Evidence, find: Mapping[str, Any]) -> None:
        """Count in a later record."""
        self.last, self.records = evidence, self.records + 1
        self.cases += count if isinstance(count := find.get("count"), int) else 1
        self.divergence = plain_mapping(find.get("divergence")) or self.divergence
        self.repro = str(find.get("repro") or self.repro)

    @property
    def replay(self) -> str:
        """The command that shows it again: of its repro file, else the one that found it."""
        return f"parity replay {shlex.quote(self.repro)}" if self.repro else shlex.join(self.last.command)

    @property
    def path(self) -> str:
        """The place of the divergence."""
        return str(self.divergence.get("path", "?"))

    @property
    def manner(self) -> str:
        """Its kind, and whatever else tells it from others."""
        known = [str(self.divergence[name]) for name in ("kind", "severity", "cause") if self.divergence.get(name)]
        stage = self.divergence.get("stage")
        return ", ".join([*known, *([f"stage {stage}"] if stage else [])])

    def side(self, name: str) -> str:
        """One of the two values, as text."""
        return value_text(self.divergence.get(name))


def finds_of(view: View) -> list[Found]:
    """All finds, those seen last before the others."""
    found: dict[tuple[str, str, str], Found] = {}
    for evidence in view.sound:
        for find in map(plain_mapping, plain_list(evidence.details.get("finds"))):
            key = (evidence.subject, str(find.get("port", "")), str(find.get("fingerprint", "")))
            if key not in found:
                found[key] = Found(subject=key[0], port=key[1], fingerprint=key[2], first=evidence, last=evidence)
            found[key].take(evidence, find)
    for each in found.values():
        newest = view.newest(each.last.kind, each.subject)
        each.gone = newest is not None and newest.id != each.last.id
    return sorted(found.values(), key=lambda each: (-each.last.ended_at, each.subject, each.port, each.fingerprint))
