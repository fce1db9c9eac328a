"""`parity dashboard`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.asked import asked_for, at_option, policy_option
from harness.cli.options import NamedPath, ledger_option
from harness.cli.recorded import inputs_of
from harness.words import counted


@click.command()
@click.option("--out", type=NamedPath(), required=True, help="The folder; an earlier dashboard is replaced.")
@policy_option
@at_option
@ledger_option
def dashboard(out: Path, policy_file: Path | None, at: str | None, url: str) -> int:
    """Make a site that shows what the ledger holds; open index.html in it."""
    # Imported here because change points and templates take a while to load.
    from harness.dashboard.site import write_site
    from harness.dashboard.view import view_of

    # A page of nothing shows a newcomer how to begin; in the place of a page that shows something it would be a loss.
    fresh = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    asked = asked_for(url, policy_file, at, begun=not fresh)
    view = view_of(asked.rows, asked.head, policy=asked.policy, present=asked.present)
    sizes = write_site(view, out, inputs=inputs_of(url, policy_file))
    records = counted(len(view.book.entries), "record")
    click.echo(f"{records} in {counted(len(sizes), 'file')}, {sum(sizes.values()) / 2**20:.1f} MiB: {out / 'index.html'}")
    return 0
