"""The recorder of a command's evidence: what it looked at, what came of it, or that it did not come to its end."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from doge_telemetry.machine import machine
from harness.evidence.digests import built_in, digests_of, digests_of_all, toolchain_of
from harness.evidence.signing import signatures_of, signer_of
from harness.evidence.soundness import refuse_unsound
from harness.evidence.statement import ERROR, INTERRUPTED, REPORTED_AT, Evidence, Figure
from harness.evidence.stopping import stopped_by_signals
from harness.store.database import first_line, shown
from harness.store.ledger import Ledger, LedgerError
from harness.subject import Subject
from harness.subjects.registry import names, subject_called

EXIT_ERROR, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 2, 130
# The environment's name for the key that records are signed with, where a job has one.
KEY = "PARITY_SIGNING_KEY"


@dataclass
class Draft:
    """Evidence in the making. A command fills it in; what has no verdict when the command ends well is not recorded.

    `ports` gives the candidate behind each port's name as the command line named it, or an empty text for a built-in one. A
    record without a subject is of those in `asked`, with the ports of each, or of all subjects and their built-in ports.
    `told` is the line that tells a reader where to find the record. `keep` records what was concluded, once: nothing may be
    told as done before it. A command that reports on older data gives `started_at` and `ended_at` their times, by which a gate
    tells how old the evidence is; the details then say when it was reported.
    """

    kind: str
    about: Subject[Any] | None
    command: tuple[str, ...]
    seed: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    started_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    ports: Mapping[str, str] = field(default_factory=dict)
    asked: Sequence[tuple[Subject[Any], Mapping[str, str]]] = ()
    verdict: str = ""
    exit_code: int = EXIT_ERROR
    figures: Mapping[str, Figure] = field(default_factory=dict)
    samples: Mapping[str, Sequence[int | float]] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    told: str = ""
    keep: Callable[[], None] = lambda: None

    def conclude(self, verdict: str, exit_code: int) -> None:
        """Say what came of the command."""
        self.verdict, self.exit_code = verdict, exit_code

    def evidence(self) -> Evidence:
        """The record."""
        about = self.about
        if about is not None:
            asked: Sequence[tuple[Subject[Any], Mapping[str, str]]] = [(about, self.ports)]
            digests = digests_of(about, self.ports)
        else:
            asked = self.asked or [(each, built_in(each)) for each in map(subject_called, names())]
            digests = digests_of_all(asked)
        tools = {each.name: toolchain_of(each) for each, _ in asked}
        return Evidence(
            id=self.id,
            kind=self.kind,
            subject="" if about is None else about.name,
            command=self.command,
            verdict=self.verdict,
            exit_code=self.exit_code,
            started_at=self.started_at,
            ended_at=time.time() if self.ended_at is None else self.ended_at,
            digests=digests,
            seed=self.seed,
            figures=self.figures,
            samples=self.samples,
            details={**self.details, "machine": machine(), "toolchain": tools},
        )


@contextmanager
def recording(url: str | None, draft: Draft) -> Iterator[Draft]:
    """Record what becomes of a command in the ledger at `url`; None records nothing.

    The ledger is opened first, so that hours of work do not end at a ledger that cannot be written. Bad input leaves no record,
    because nothing was looked at. Raises `LedgerError`, `EvidenceError`, and whatever the command raises.
    """
    if url is None:
        yield draft
        return
    signer_of(os.environ.get(KEY))
    ledger = Ledger(url)
    try:
        ledger.check_end()
        draft.keep = _Keeper(ledger, url, draft)
        with stopped_by_signals():
            yield from _kept(draft)
    finally:
        ledger.close()


def _kept(draft: Draft) -> Iterator[Draft]:
    """Give the draft to the command, and keep what becomes of it."""
    try:
        yield draft
    except KeyboardInterrupt as stopped:
        _keep_as(draft, INTERRUPTED, getattr(stopped, "exit_code", EXIT_INTERRUPTED))
        raise
    except SystemExit as ended:
        _keep_as(draft, ERROR, ended.code if isinstance(ended.code, int) else EXIT_ERROR)
        raise
    except Exception as error:
        # Bad input shows nothing of a port, unless the command had begun and says so.
        if draft.verdict or getattr(error, "exit_code", None) != EXIT_BAD_INPUT:
            draft.details["error"] = f"{type(error).__name__}: {error}"
            _keep_as(draft, ERROR, getattr(error, "exit_code", EXIT_ERROR))
        raise
    else:
        draft.keep()


def _keep_as(draft: Draft, verdict: str, exit_code: int) -> None:
    """Keep a command that was stopped: what it had concluded already, as where nobody reads its output, stays."""
    if not draft.verdict:
        draft.conclude(verdict, exit_code)
    draft.keep()


class _Keeper:
    """Keeps a draft in a ledger once it is concluded, and tries once: what failed then is told once."""

    def __init__(self, ledger: Ledger, url: str, draft: Draft) -> None:
        self._ledger, self._url, self._draft = ledger, url, draft
        self._tried, self._timed = False, False

    def __call__(self) -> None:
        """Keep it. Raises `LedgerError` and `EvidenceError`."""
        if not self._draft.verdict or self._tried:
            return
        # Whoever is stopped in the middle tries again, with the same record.
        if not self._timed:
            self._timed = True
            if self._draft.ended_at is None:
                self._draft.ended_at = time.time()
            else:
                self._draft.details[REPORTED_AT] = time.time()
        try:
            _keep(self._ledger, self._url, self._draft)
        except Exception:
            self._tried = True
            raise
        self._tried = True


def _keep(ledger: Ledger, url: str, draft: Draft) -> None:
    text = draft.evidence().text()
    signatures = signatures_of(text, signer_of(os.environ.get(KEY)))
    refuse_unsound(draft.id, text, signatures, time.time())
    try:
        ledger.append_evidence(draft.id, text, signatures)
    except SQLAlchemyError as error:
        said = f"--ledger {shown(url)}: the evidence of this command cannot be recorded ({first_line(error)})"
        raise LedgerError(f"{said}; its verdict was {draft.verdict}") from error
