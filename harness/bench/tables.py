"""`parity bench --subject detector`: the run, its table or its data, an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from harness.cli.output import console_for
from harness.subjects.detector.bench import MissingPort, run_bench


def bench_detector(*, candles: Path | None, rounds: int, cpu: int | None, check: bool, as_json: bool) -> int:
    """Measure, tell, and return the exit code."""
    try:
        result = {"subject": "detector", **run_bench(candles, rounds, cpu)}
    except MissingPort as error:
        click.echo(f"parity bench: {error}", err=True)
        return 3
    except (ValueError, OSError) as error:
        click.echo(f"parity bench: {error}", err=True)
        return 2
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        _show(result)
    return 1 if check and not all(target["met"] for target in result["targets"]) else 0


def _show(result: dict[str, Any]) -> None:
    console = console_for(as_data=False)
    implementations = list(result["us"])
    table = Table(title=f"Detector, microseconds a call, medians of {result['rounds']} round(s)", title_justify="left")
    table.add_column("what")
    for name in implementations:
        table.add_column(name, justify="right")
    for what in result["us"][implementations[0]]:
        table.add_row(what, *(f"{result['us'][name][what]:,.1f}" for name in implementations))
    console.print(table)
    ratios = Table(title="Times faster than the reference, per round", title_justify="left")
    for name in ("what", "median", "min", "max"):
        ratios.add_column(name, justify="left" if name == "what" else "right")
    for what, spread in result["ratios"].items():
        ratios.add_row(what, *(f"{spread[name]:.1f}" for name in ("median", "min", "max")))
    console.print(ratios)
    for target in result["targets"]:
        median = "not measured: it takes two CPUs" if target["median"] is None else f"{target['median']:.2f}"
        verdict = "met" if target["met"] else "NOT MET"
        console.print(f"{target['name']}: {median} (at least {target['at_least']:g}): {verdict}", markup=False)
