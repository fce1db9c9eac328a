"""What gate and dashboard look at: a policy, a ledger, the digests of today and a moment."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from harness.cli.options import NamedPath, named
from harness.cli.recorded import warn
from harness.evidence.digests import PORT, built_in, digests_of
from harness.evidence.signing import public_key_of
from harness.gate.judge import Present
from harness.gate.policy import DEFAULT_FILE, Policy, read_policy, strangers
from harness.store.chain import CLOCK_SEC, EMPTY, TIME_MAX, Head, Row
from harness.store.database import file_of, first_line, shown
from harness.store.ledger import Ledger, LedgerError
from harness.subject import Subject
from harness.subjects.registry import names, subject_called

# A certificate writes its time in microseconds, which must not fall before the record.
JUST_SEC = 0.001
policy_option = click.option("--policy", "policy_file", type=NamedPath(), help="A policy of your own.")
signed_by_option = click.option(
    "--signed-by",
    type=NamedPath(),
    metavar="PUBLIC_KEY",
    help="A key (PEM): no record counts that it did not sign.",
)
at_option = click.option("--at", metavar="TIME", help="The moment to judge, as in 2026-02-16T12:00:00+00:00; now by default.")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Everything that a gate looks at."""

    policy: Policy
    rows: list[Row]
    head: Head
    present: Present


def asked_for(
    url: str, policy_file: Path | None, at: str | None, signed_by: Path | None = None, *, begun: bool = True
) -> Asked:
    """Read policy and ledger, and take the digests of today. Raises errors of both, and `UsageError` for a time.

    A time that is still to come is refused: what will have been recorded by then, and what will be too old, nobody knows.

    Without `begun`, a default ledger that is not there yet is an empty one: whoever asks is told how to begin.
    """
    policy = policy_from(policy_file)
    key = None if signed_by is None else public_key_of(signed_by)
    moment = None if at is None else seconds_of("--at", at)
    rows, head = ([], EMPTY) if not begun and not_begun(url) else _read(url)
    subjects = [subject_called(name) for name in names()]
    digests = {about.name: _of_today(about) for about in subjects}
    clock = time.time()
    if moment is not None and moment > clock + CLOCK_SEC:
        raise click.UsageError(f"--at {at}: is still to come; name a time that is past, or leave it out for now")
    now = _end_of(rows, clock) if moment is None else moment
    return Asked(policy=policy, rows=rows, head=head, present=Present(digests=digests, now=now, clock=clock, key=key))


def policy_from(file: Path | None) -> Policy:
    """Read a policy, and warn of subjects that are not installed: a name may be mistyped. Raises `PolicyError`."""
    policy = read_policy(file)
    for subject, ident in strangers(policy, names()):
        warn(f"--policy {file or DEFAULT_FILE}: {ident} names the subject {subject}, which is not installed here")
    return policy


def not_begun(url: str) -> bool:
    """True where nobody named a ledger, and the default one is not there. One that somebody named was mistyped."""
    file = file_of(url)
    return not named("url") and file is not None and not file.exists()


def _read(url: str) -> tuple[list[Row], Head]:
    ledger = Ledger(url, make=False)
    try:
        return ledger.evidence()
    except SQLAlchemyError as error:
        raise LedgerError(f"--ledger {shown(url)}: {first_line(error)}") from error
    finally:
        ledger.close()


def _of_today(about: Subject[Any]) -> dict[str, str]:
    """The digests of a subject; a port that is not here has an empty one, so that no evidence is of it."""
    return {**{PORT + name: "" for name in built_in(about)}, **digests_of(about, built_in(about))}


def _end_of(rows: Sequence[Row], clock: float) -> float:
    """Now, or just after the last record where the clock of the machine that recorded it is a little ahead."""
    return max([clock, *(row.recorded_at + JUST_SEC for row in rows if row.recorded_at + JUST_SEC <= clock + CLOCK_SEC)])


def asked_period(since: str | None, until: str | None) -> tuple[float | None, float | None]:
    """The ends of a period that `--since` and `--until` name, in seconds since 1970. Raises `UsageError` for an empty one."""
    start = None if since is None else seconds_of("--since", since)
    end = None if until is None else seconds_of("--until", until)
    if start is not None and start > time.time() + CLOCK_SEC:
        raise click.UsageError(f"--since {since}: is still to come; name a time that is past")
    if start is not None and end is not None and start >= end:
        raise click.UsageError(f"--since {since}: is not before --until {until}, so that nothing lies between; exchange them")
    return start, end


def seconds_of(option: str, text: str) -> float:
    """The moment that an option names, in seconds since 1970. Raises `UsageError`."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{option} {text}: is no time; write it as 2026-02-16T12:00:00+00:00") from None
    if moment.tzinfo is None:
        raise click.UsageError(f"{option} {text}: has no time zone; add +00:00 for UTC")
    seconds = moment.timestamp()
    if not 0.0 <= seconds < TIME_MAX:
        raise click.UsageError(f"{option} {text}: is before 1970 or after 9999 in UTC; name another time")
    return seconds
