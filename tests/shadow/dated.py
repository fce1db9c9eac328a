"""Journals of the build that is here at times of a test's choice, their reports, and what the gate makes of these."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from doge_shadow.journal import SLOT_SEC
from harness.evidence.book import read_book
from harness.evidence.statement import Evidence
from harness.store.ledger import Ledger
from harness.subjects.registry import subject_called
from tests.gate.test_certificate import parity
from tests.shadow.test_report import journal

DAY, HOURS = 86_400.0, 60
# More than the gate asks for.
LONG = 49 * HOURS


def here(subject: str = "reducer") -> dict[str, str]:
    """The digests of what is here."""
    return dict(subject_called(subject).shadowed() or {})


def reference(subject: str = "reducer") -> dict[str, str]:
    """The digests that a journal has whose candidate is the reference itself."""
    return {"reference": here(subject)["reference"]}


def lived(folder: Path, name: str, *, days_ago: float, length: int = LONG, header: Any = None, **changed: int) -> list[int]:
    """A journal of a process that ended so many days ago, after so many minutes, each with the same counts; the minutes."""
    last = int((time.time() - days_ago * DAY) // SLOT_SEC) - 1
    each = {"seen": 100, "compared": 100, **changed}
    known = {"digests": here(), **(header or {})}
    journal(folder, name, {last - length + 1 + place: each for place in range(length)}, **known)
    return [last - length + 1, last]


def reported(
    folder: Path, capsys: pytest.CaptureFixture[str], *words: str, subject: str = "reducer"
) -> tuple[int, str, list[Evidence]]:
    """Exit code and words of a report, with all records of the ledger."""
    url = f"sqlite:///{folder / 'l.sqlite'}"
    given = ("shadow", "report", "--subject", subject, "--dir", str(folder / "shadow"), "--ledger", url, *words)
    code, out, err = parity(capsys, *given)
    if not (folder / "l.sqlite").exists():
        return code, out + err, []
    ledger = Ledger(url)
    try:
        return code, out + err, [entry.evidence for entry in read_book(ledger).entries if entry.evidence is not None]
    finally:
        ledger.close()


def judged(folder: Path, capsys: pytest.CaptureFixture[str], name: str = "3.shadow/reducer") -> tuple[str, str]:
    """Status and reason of a criterion of the gate."""
    _, out, _ = parity(capsys, "gate", "--ledger", f"sqlite:///{folder / 'l.sqlite'}", "--json")
    ident, _, subject = name.partition("/")
    [found] = [each for each in json.loads(out)["criteria"] if (each["id"], each["subject"]) == (ident, subject)]
    return found["status"], found["reason"]
