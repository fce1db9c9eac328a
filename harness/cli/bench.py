"""`parity bench`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from doge_core.errors import ServerMissingError
from doge_core.locate import require_executable
from harness.cli.options import SUBJECTS
from harness.subjects.reducer.bench.loads import Stream, streams
from harness.subjects.reducer.bench.measure import Ports, one_cpu
from harness.subjects.reducer.bench.ratios import measure_once, measure_round, summarise

# A short fixture's replay is mostly its state crossing over and back; it is shown beside, and no target holds for it.
JOURNEY_STEPS_MIN = 20


def load_streams(candles: Path | None) -> dict[str, list[Stream]]:
    """The loads: the golden corpus, and a market driven by candles."""
    from generators.reducer.market import market_cases
    from golden.reducer.corpus import golden_cases

    golden = golden_cases()
    return {
        "golden": streams(case for case in golden if len(case.events) >= JOURNEY_STEPS_MIN),
        "golden, short fixtures": streams(case for case in golden if len(case.events) < JOURNEY_STEPS_MIN),
        "candles": streams(market_cases(candles)),
    }


def run(loads: dict[str, list[Stream]], executable: Path, rounds: int, cpu: int | None) -> dict[str, Any]:
    """Measure every load in `rounds` rounds on one CPU."""
    with one_cpu(cpu) as chosen:
        ports = Ports(executable)
        try:
            results = {name: _measure(ports, load, rounds) for name, load in loads.items()}
            fallbacks = ports.fallbacks()
        finally:
            ports.close()
    return {"cpu": chosen, "rounds": rounds, "fallbacks": fallbacks, "loads": results}


def _measure(ports: Ports, load: list[Stream], rounds: int) -> dict[str, Any]:
    with_targets = len(load[0].events) >= JOURNEY_STEPS_MIN
    measure_round(ports, load)  # warms caches and pages in; not counted
    costs = [measure_round(ports, load) for _ in range(rounds)]
    steps = sum(len(stream.events) for stream in load)
    return {"streams": len(load), "steps": steps, **summarise(costs, measure_once(ports, load), with_targets=with_targets)}


@click.command()
@click.option("--subject", type=click.Choice(SUBJECTS), default=SUBJECTS[0], show_default=True)
@click.option("--candles", type=click.Path(path_type=Path), help="OHLCV file for the candle-driven load.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=7, show_default=True, help="Rounds; ratios are per round.")
@click.option("--cpu", type=click.IntRange(0), help="The CPU that all processes share; the first allowed one by default.")
@click.option("--check", is_flag=True, help="Exit with 1 where a target is not met.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bench(subject: str, candles: Path | None, rounds: int, cpu: int | None, check: bool, as_json: bool) -> None:
    """The speed of every port, side by side in one run.

    The reducer's as ratios to a bare echo over the same kind of pipe on the same CPU, the detector's to its reference.
    """
    if subject == "detector":
        from harness.bench.tables import bench_detector

        sys.exit(bench_detector(candles=candles, rounds=rounds, cpu=cpu, check=check, as_json=as_json))
    try:
        executable = require_executable()
    except ServerMissingError as error:
        click.echo(f"parity bench: port haskell is missing: {error}", err=True)
        sys.exit(3)
    try:
        loads = load_streams(candles)
        result = {"subject": subject, **run(loads, executable, rounds, cpu)}
    except (ValueError, OSError) as error:
        click.echo(f"parity bench: {error}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        _show(result)
    met = all(target["met"] for load in result["loads"].values() for target in load["targets"])
    sys.exit(1 if result["fallbacks"] or (check and not met) else 0)


def _show(result: dict[str, Any]) -> None:
    console = Console()
    for name, load in result["loads"].items():
        bare = load["us_per_step"]["bare round trip"]
        table = Table("what", "µs", "× bare", title=f"{name}: {load['streams']} streams, {load['steps']} steps")
        for what, us in load["us_per_step"].items():
            table.add_row(what, f"{us:.1f}", f"{us / bare:.2f}")
        console.print(table)
        for target in load["targets"]:
            verdict = "met" if target["met"] else "NOT MET"
            console.print(f"{target['name']}: {target['median']:.2f} (at most {target['limit']:g}): {verdict}")
    if result["fallbacks"]:
        console.print(f"Not valid: some calls fell back: {result['fallbacks']}")
