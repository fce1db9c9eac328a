"""Coverage for a reader."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from harness.coverage.figures import Figure
from harness.panel import REFERENCE


def print_figures(console: Console, figures: Sequence[Figure], cases: int) -> None:
    """Print a table, every branch of the reference that was never taken, and why anything was not measured."""
    if not figures:
        return
    title = "Reached by the first case" if cases == 1 else f"Reached by the first {cases} cases"
    table = Table("port", "counted", "reached", "of", "share", title=title, title_justify="left")
    for figure in figures:
        numbers = (str(figure.covered), str(figure.total), f"{figure.pct:.2f} %")
        table.add_row(figure.port, figure.unit, *(("missing", "", "") if figure.reason else numbers))
    console.print(table)
    for figure in figures:
        if figure.port == REFERENCE:
            for branch in figure.missing:
                console.print(f"NEVER TAKEN: {branch}", markup=False)
    reasons = {figure.port: figure.reason for figure in figures if figure.reason}
    for port, reason in reasons.items():
        console.print(f"MISSING: coverage of {port}: {reason}", markup=False, soft_wrap=True)
