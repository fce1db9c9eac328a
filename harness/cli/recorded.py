"""The evidence that a command leaves in the ledger, as the command line asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click

from harness.cli.options import given
from harness.cli.output import TYPED, printable
from harness.evidence.recorder import EXIT_BAD_INPUT, KEY, Draft, recording
from harness.store.database import file_of, shown
from harness.store.ledger import LedgerError
from harness.store.outputs import ledger_files
from harness.subject import Subject
from harness.subjects.registry import names, subject_called

# The name under which a context keeps the file of a ledger that the command makes.
NEW = "harness.new_ledger"


def draft_of(kind: str, about: Subject[Any] | None, *, seed: int | None = None) -> Draft:
    """A draft of the running command's evidence. Passwords in addresses are hidden."""
    typed = click.get_current_context().meta.get(TYPED, ())
    return Draft(kind, about, ("parity", *(shown(word) if "://" in word else word for word in typed)), seed)


@contextmanager
def recorded(url: str, draft: Draft, *, unrecorded: bool = False, as_data: bool = False) -> Iterator[Draft]:
    """Record what becomes of the command. `tell` says where, before a command's last line; with `as_data`, the data does.

    A command that takes long says it at its beginning too, by `foretell`. A port that is older than its sources is warned of.
    """
    for about in [draft.about] if draft.about is not None else map(subject_called, names()):
        for port, sentence in (about.outdated() or {}).items():
            warn(f"{port}: {sentence}")
    named = f" --ledger {shown(url)}" if given("url") else ""
    if not unrecorded:
        made(url)
    new = click.get_current_context().meta.pop(NEW, None)
    # A ledger in another folder than it was meant for is easily overlooked.
    made_here = "" if new is None else f"made a new ledger at {new}\n"
    if not unrecorded and not as_data:
        draft.told = f"{made_here}evidence {draft.id}: parity evidence show {draft.id}{named}, or {page_of(draft)}"
    try:
        with recording(None if unrecorded else url, draft):
            yield draft
    except BaseException as error:
        # Bad input is one sentence, and leaves a ledger without a record.
        if made_here and draft.told and getattr(error, "exit_code", None) != EXIT_BAD_INPUT:
            click.echo(printable(made_here), nl=False)
        raise


@cache
def warn(sentence: str) -> None:
    """Warn on standard error, once."""
    click.echo(printable(f"parity: warning: {sentence}"), err=True)


def foretell(draft: Draft) -> None:
    """Say at the beginning where the evidence will be, once nothing is left that would be refused as bad input."""
    if draft.told:
        click.echo(f"evidence {draft.id}: will be on {page_of(draft)}")


def foretold(draft: Draft, progress: Callable[[str, int], None]) -> Callable[[str, int], None]:
    """The same progress, foretelling the evidence as the first case is done."""
    waiting = [draft]

    def advance(source: str, done: int) -> None:
        while waiting:
            foretell(waiting.pop())
        progress(source, done)

    return advance


def inputs_of(url: str, *files: Path | None) -> list[Path]:
    """The files that a command reads, which none of its outputs may replace: its ledger, the key of this job, those named."""
    key = os.environ.get(KEY)
    return [*ledger_files(url), *([Path(key)] if key else []), *(file for file in files if file is not None)]


def page_of(draft: Draft) -> str:
    """Where the evidence will show."""
    return f"evidence.html#{draft.id} of parity dashboard and parity serve"


def tell(draft: Draft) -> None:
    """Keep the evidence, and say where it is."""
    draft.keep()
    if draft.told:
        click.echo(printable(draft.told))
        draft.told = ""


def made(url: str) -> str:
    """The address, with the folder of a SQLite file made; `recorded` tells of a new file. Raises `LedgerError`."""
    path = file_of(url)
    if path is not None:
        if not path.exists():
            click.get_current_context().meta[NEW] = path.resolve()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"--ledger {url}: its folder cannot be made ({error.strerror})") from error
    return url
