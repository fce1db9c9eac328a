"""The tables and figures of README.md, as commands give them: `tox -e docs` writes them anew."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLANTED = f"{sys.executable} tests/quality/planted.py naive_rounding"


def parity(*arguments: str) -> dict[str, Any]:
    """What a `parity … --json` prints; a divergence is no failure here."""
    command = [sys.executable, "-m", "harness", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def agreement(sequences: int = 5000, seed: int = 7) -> str:
    """Which port agrees with the reference, on how much."""
    run = parity("run", "--subject", "reducer", "--sequences", str(sequences), "--seed", str(seed))
    rows = [
        "| port | golden cases | generated | market-driven | steps compared | divergent cases | verdict |",
        "|" + " --- |" * 7,
    ]
    for port in run["ports"]:
        cases = [port["cases"].get(source, 0) for source in ("golden", "generated", "market")]
        divergent = sum(port["divergent"].values())
        cells = [f"`{port['name']}`", *map(str, cases), str(port["steps"]), str(divergent), port["verdict"]]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def divergence() -> str:
    """A port that rounds as most languages would, caught by the golden fixtures."""
    with tempfile.TemporaryDirectory() as reports:
        run = parity("run", "--sequences", "0", "--reports", reports, "--candidate-exe", PLANTED)
    finding = next(found for found in run["findings"] if found["case"] == "rounding_scaled_is_wrong")
    told = finding["divergence"]
    return "\n".join(
        [
            f"DIVERGENCE {told['fingerprint']} of {finding['port']} in {finding['case']}",
            f"  path       {told['path']}",
            f"  step       {told['step']}",
            f"  event      {json.dumps(told['event'])}",
            f"  reference  {told['reference']}",
            f"  candidate  {told['candidate']}",
        ]
    )


def speeds() -> str:
    """Each way to the reducer as a multiple of a bare round trip, over golden journeys and candles."""
    bench = parity("bench", "--subject", "reducer")
    loads = {name: load["columns"]["us"] for name, load in bench["loads"].items() if load["targets"]}
    rows = ["| what | " + " | ".join(loads) + " |", "|" + " --- |" * (len(loads) + 1)]
    wanted = [
        "bare round trip", "session call", "new equal settings", "changed state", "as the bot calls it", "replay step",
        "replay by the adapter, an event", "in-process, session call", "in-process, as the bot calls it",
        "in-process, replay, an event", "full-state call", "one-shot call", "python reference",
        "python reference, as the bot calls it",
    ]  # fmt: skip
    for what in wanted:
        multiples = [f"{load[what] / load['bare round trip']:.1f}" for load in loads.values()]
        rows.append(f"| {what} | {' | '.join(multiples)} |")
    return "\n".join(rows)


def detector_agreement(sequences: int = 300, seed: int = 7) -> str:
    """How the detector's port agrees with the reference, on how much."""
    run = parity("run", "--subject", "detector", "--sequences", str(sequences), "--seed", str(seed))
    rows = [
        "| port | golden cases | generated | market windows | divergent cases | same iteration count | same labels "
        "| same Viterbi path |",
        "|" + " --- |" * 8,
    ]
    for port in run["ports"]:
        cases = [port["cases"].get(source, 0) for source in ("golden", "generated", "market")]
        divergent = sum(port["divergent"].values())
        identical = port["measures"].get("identical", {})
        same = [_of(identical.get(what)) for what in ("iteration counts", "labels", "Viterbi paths")]
        cells = [f"`{port['name']}`", *map(str, cases), str(divergent), *same]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def detector_speeds() -> str:
    """How many times as fast as the reference the detector's port is, per round of the benchmark."""
    bench = parity("bench", "--subject", "detector")
    load = bench["loads"]["candles"]
    wanted = [target["name"] for target in load["targets"] if "/" not in target["name"]]
    rows = ["| what | times as fast: median | lowest round | highest round |", "| --- | --- | --- | --- |"]
    for name in wanted:
        ratio = load["ratios"][name.replace(",", "", 1).replace(",", "").removesuffix(" candles")]
        rows.append(f"| {name} | {ratio['median']:.0f} | {ratio['min']:.0f} | {ratio['max']:.0f} |")
    return "\n".join(rows)


def _of(identical: dict[str, int] | None) -> str:
    return "-" if identical is None else f"{identical['same']} of {identical['of']}"
