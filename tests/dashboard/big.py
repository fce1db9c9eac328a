"""A ledger of two years, made up: 700 nights, and 20,000 points of benchmarks on two machines. For tests and for a look.

python -m tests.dashboard.big sqlite:///reports/big.sqlite
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from typing import Any

from harness.evidence.statement import Evidence, Figure
from harness.subjects.registry import names
from tests.dashboard.sites import find, ledger_with
from tests.gate.ledgers import DAY, NOW, record

NIGHTS, FIGURES = 700, 30
MACHINES = ({"processor": "Abacus 3", "cpus": 2}, {"processor": "Slide rule 9", "cpus": 64})
# A night in so many finds something; from this night on, one ratio is a quarter slower.
FOUND_EVERY, SLOWER_FROM = 50, 400


def big_records() -> list[Evidence]:
    """All records, the same each time."""
    chance = random.Random(7)
    found = []
    for number in range(NIGHTS):
        ended_at = NOW - (NIGHTS - number) * DAY + 20_000.0
        found += [_night(chance, f"f{number:05d}{place}", subject, number, ended_at) for place, subject in enumerate(names())]
        found.append(_bench(chance, f"b{number:05d}", names()[number % 2], number, ended_at + 3600.0))
        if number % 7 == 0:
            found += [_hunt(chance, f"m{number:05d}{place}", each, ended_at + 7200.0) for place, each in enumerate(names())]
            found += [_run(f"r{number:05d}{place}", each, ended_at + 9000.0) for place, each in enumerate(names())]
    return found


def _night(chance: random.Random, ident: str, subject: str, number: int, ended_at: float) -> Evidence:
    cases = 100_000 + chance.randrange(20_000)
    bad = number % FOUND_EVERY == FOUND_EVERY - 1
    figures = {
        "cases": Figure(cases),
        "divergent": Figure(3 if bad else 0),
        "excused_share": Figure(chance.random() / 50.0),
        "rate": Figure(chance.gauss(250.0, 12.0), "cases/s"),
        "coverage python branches": Figure(min(100.0, 80.0 + number / 30.0), "%"),
    }
    if not bad:
        figures["bound"] = Figure(3.0 / cases)
    port = next((name.removeprefix("port ") for name in record("fuzz", subject, ident="x").digests if name[:5] == "port "), "p")
    finds = [find(port, f"{number % 7:012x}")] if bad else []
    verdict: dict[str, Any] = {"verdict": "DIVERGENCE", "exit_code": 1} if bad else {}
    return record(
        "fuzz", subject, ident=ident, ended_at=ended_at, figures=figures, seed=number, details={"finds": finds}, **verdict
    )


def _bench(chance: random.Random, ident: str, subject: str, number: int, ended_at: float) -> Evidence:
    figures, samples = {}, {}
    for place in range(FIGURES):
        name = f"load {place // 5}: figure {place}"
        value = (1.0 + place) * chance.lognormvariate(0.0, 0.04)
        value *= 1.25 if place == 0 and number >= SLOWER_FROM else 1.0
        figures[name], samples[name] = Figure(value, "ratio"), (0.95 * value, 1.05 * value)
    targets = [{"figure": "load 0: figure 0", "limit": 2.0, "floor": False, "met": True, "reason": "made up"}]
    # The later bit: records of a subject alternate, and so must its machines.
    machine = MACHINES[number // 2 % 2]
    made = record("bench", subject, ident=ident, ended_at=ended_at, figures=figures, samples=samples)
    digests = {**made.digests, "machine": f"{number // 2 % 2:064x}", "engine": f"{number // 30:064x}"}
    return replace(made, digests=digests, details={"targets": targets, "machine": machine})


def _hunt(chance: random.Random, ident: str, subject: str, ended_at: float) -> Evidence:
    survived = chance.randrange(6)
    figures = {"mutants": 2000, "killed": 2000 - survived, "survived": survived, "share": 1.0 - survived / 2000.0, "bugs": 20}
    survivors = [{"id": f"pricing:{place}", "status": "SURVIVED", "change": "< is <="} for place in range(survived)]
    counted = {name: Figure(value) for name, value in {**figures, "bugs_missed": 0, "whole": 1}.items()}
    return record("mutants", subject, ident=ident, ended_at=ended_at, figures=counted, details={"survivors": survivors})


def _run(ident: str, subject: str, ended_at: float) -> Evidence:
    levels = {"features": {"compared": 400, "divergent": 0}, "training": {"compared": 300, "divergent": 0}}
    ports = [name.removeprefix("port ") for name in record("run", subject, ident="x").digests if name.startswith("port ")]
    details = {"finds": [], "levels": dict.fromkeys(ports, levels)}
    return record("run", subject, ident=ident, ended_at=ended_at, figures={"cases": Figure(2000)}, details=details)


if __name__ == "__main__":
    made_up = big_records()
    points = sum(len(each.figures) for each in made_up if each.kind == "bench")
    print(f"{len(made_up)} records with {points} points of benchmarks in {ledger_with(sys.argv[1], made_up)}")
