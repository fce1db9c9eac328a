"""What gate and dashboard look at: a policy, a ledger, the digests of today and a moment."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from harness.cli.recorded import made
from harness.evidence.digests import built_in, digests_of
from harness.gate.judge import Present
from harness.gate.policy import Policy, read_policy
from harness.store.chain import Head, Row
from harness.store.database import first_line, shown
from harness.store.ledger import Ledger, LedgerError
from harness.subjects.registry import names, subject_called

policy_option = click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="A policy of your own.")
at_option = click.option("--at", metavar="TIME", help="The moment to judge, as in 2026-02-16T12:00:00+00:00; now by default.")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Everything that a gate looks at."""

    policy: Policy
    rows: list[Row]
    head: Head
    present: Present


def asked_for(url: str, policy_file: Path | None, at: str | None) -> Asked:
    """Read policy and ledger, and take the digests of today. Raises errors of both, and `UsageError` for a time."""
    policy = read_policy(policy_file)
    ledger = Ledger(made(url))
    try:
        rows, head = ledger.evidence()
    except SQLAlchemyError as error:
        raise LedgerError(f"--ledger {shown(url)}: {first_line(error)}") from error
    finally:
        ledger.close()
    subjects = [subject_called(name) for name in names()]
    digests = {about.name: digests_of(about, built_in(about)) for about in subjects}
    return Asked(
        policy=policy,
        rows=rows,
        head=head,
        present=Present(digests=digests, now=time.time() if at is None else seconds_of("--at", at)),
    )


def seconds_of(option: str, text: str) -> float:
    """The moment that an option names, in seconds since 1970. Raises `UsageError`."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{option} {text}: is no time; write it as 2026-02-16T12:00:00+00:00") from None
    if moment.tzinfo is None:
        raise click.UsageError(f"{option} {text}: has no time zone; add +00:00 for UTC")
    return moment.timestamp()
