"""A benchmark for a reader and for a machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.bench.result import BenchResult, Load

VERDICTS = {True: "met", False: "NOT MET", None: "CANNOT TELL"}


def print_result(result: BenchResult, console: Console) -> None:
    """Two tables a load, and a line a target."""
    for name, load in result.loads.items():
        size = ", ".join(f"{number} {what}" for what, number in load.size.items())
        rounds = "of one round" if result.rounds == 1 else f"medians of {result.rounds} rounds"
        _print_load(f"{name}{f': {size}' if size else ''}; {rounds}", load, console)
    for problem in result.problems:
        console.print(f"NOT VALID: {problem}", markup=False, soft_wrap=True)


def _print_load(title: str, load: Load, console: Console) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for column in load.columns:
        table.add_column(column, justify="right")
    for what in next(iter(load.columns.values())):
        table.add_row(what, *(f"{numbers[what]:,.2f}" for numbers in load.columns.values()))
    console.print(table)
    ratios = Table("ratio, per round", "median", "min", "max")
    for what, spread in load.ratios.items():
        ratios.add_row(what, *(f"{spread[name]:.2f}" for name in ("median", "min", "max")))
    console.print(ratios)
    for target in load.targets:
        median = "not measured" if target["median"] is None else f"{target['median']:.2f}"
        bound = "at least" if target["floor"] else "at most"
        verdict = VERDICTS[target["met"]]
        console.print(f"{target['name']}: {median} ({bound} {target['limit']:g}): {verdict}", markup=False)


def to_json(subject: str, result: BenchResult) -> dict[str, Any]:
    """The result as plain data."""
    return {"subject": subject, "met": result.met, **asdict(result)}
