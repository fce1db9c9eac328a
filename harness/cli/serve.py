"""`parity serve`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.asked import asked_for, policy_option
from harness.cli.options import NamedPath, ledger_option, named
from harness.cli.recorded import made, warn
from harness.store.ledger import Ledger

if TYPE_CHECKING:
    from harness.dashboard.view import View
    from harness.serve.backends import Backends
    from harness.serve.shadows import Shadows
    from harness.serve.status import Watcher
    from harness.store.chain import Head

HOST, PORT = "127.0.0.1", 8737
TOKEN = "PARITY_TOKEN"


@click.command()
@click.option("--host", default=HOST, show_default=True, help=f"Elsewhere than on loopback, {TOKEN} must be set.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes one that is free.")
@click.option("--shadow", "folder", type=NamedPath(), help="Where the bot's shadows write; shown live, too.")
@policy_option
@ledger_option
def serve(host: str, port: int, folder: Path | None, policy_file: Path | None, url: str) -> int:
    """Show the dashboard and the runs that are going on, live, until Ctrl-C.

    Whoever can reach the address may read. Where PARITY_TOKEN is set, readers need it: /?token=… once in a browser, or the
    header Authorization: Bearer … for machines.
    """
    # Imported here because servers and templates take a while to load.
    from harness.serve.app import Live, app_of
    from harness.serve.backends import Backends
    from harness.serve.guard import TOKEN_LENGTH_MIN, Guard, is_loopback
    from harness.serve.pages import Pages
    from harness.serve.server import address_of, listening, run
    from harness.serve.shadows import Shadows
    from harness.serve.status import Watcher

    token = os.environ.get(TOKEN)
    if token is not None and (len(token) < TOKEN_LENGTH_MIN or not token.isascii() or not token.isprintable()):
        raise click.UsageError(f"{TOKEN}: must have {TOKEN_LENGTH_MIN} characters or more, all of them printable ASCII")
    local = is_loopback(host)
    if not local and token is None:
        raise click.UsageError(f"--host {host}: others could read all of the ledger; set {TOKEN}, or stay on {HOST}")
    if not named("url"):
        # The page may be opened before the first run; a ledger that somebody named and that is not there was mistyped.
        Ledger(made(url)).close()
    # What is wrong with policy or ledger is said now, not to the first reader.
    asked_for(url, policy_file, None)
    bound = listening(host, port)
    pages = Pages(partial(_look, url, policy_file), partial(_head, url))
    shadows = None if folder is None else Shadows(folder)
    if folder is not None and not folder.is_dir():
        # The bot that writes there may be started later.
        warn(f"--shadow {folder}: is no folder yet; it is looked for every ten seconds")
    backends = Backends()
    backends.start()
    guarded = Guard(app_of(Live(partial(_status, Watcher(url), shadows, backends)), pages), token=token, local=local)
    told = f"serving at {address_of(bound)}{' to whoever has the token' if token else ''}; Ctrl-C ends it"
    run(guarded, bound, partial(click.echo, told))
    click.echo("stopped")
    return 0


def _look(url: str, policy_file: Path | None) -> tuple[View, Head]:
    from harness.dashboard.view import view_of

    asked = asked_for(url, policy_file, None)
    return view_of(asked.rows, asked.head, policy=asked.policy, present=asked.present), asked.head


def _head(url: str) -> Head:
    ledger = Ledger(url, make=False)
    try:
        return ledger.evidence_head()
    finally:
        ledger.close()


def _status(watcher: Watcher, shadows: Shadows | None, backends: Backends, now: float) -> dict[str, Any]:
    return {
        **watcher.status(now),
        "shadows": [] if shadows is None else shadows.status(),
        "backends": backends.status(),
    }
