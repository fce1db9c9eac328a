"""A run in several processes finds what a run in one process finds, word for word; a process that dies loses nothing."""

from __future__ import annotations

import json
import multiprocessing
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from harness.engine.outcome import GENERATED, MARKET
from harness.engine.report import to_json
from harness.engine.run import CASES_FOR_WORKERS, Generated, RunOptions, candles_of, run_parity, sources_of
from harness.engine.shares import Source, shares_of
from harness.panel import REFERENCE, PortRequest
from tests.subjects import DETECTOR, REDUCER

PLANTED = f"{sys.executable} {ROOT / 'tests/quality/planted.py'} naive_rounding"
TIMES = ("elapsed_sec", "busy_sec")


def without_times(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: without_times(value) for key, value in data.items() if key not in TIMES}
    return [without_times(each) for each in data] if isinstance(data, list) else data


def ran(subject: Any, ports: PortRequest, sources: list[Source], reports: Path, workers: int) -> tuple[Any, dict[str, Any]]:
    """A run as plain data, and its repros."""
    options = RunOptions(ports=ports, reports_dir=reports, workers=workers)
    report = run_parity(subject, sources, options, None)
    repros = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(reports.glob("*.json"))}
    return without_times(to_json(report)), repros


def reducer_sources(sequences: int) -> list[Source]:
    options = RunOptions(ports=PortRequest(), sequences=sequences, seed=8, settings={"events_max": 12}, market_windows=9)
    golden, *others = sources_of(REDUCER, options, candles_of(REDUCER, options))
    return [(golden[0], golden[1][:30]), *others]


def test_shares_are_all_the_cases_in_order() -> None:
    sources: list[Source] = [("a", [(None, None)] * 100), ("b", []), ("c", [(None, None)] * 3)]
    seen = [(share.source, index) for share in shares_of(sources, 2) for index in range(share.first, share.end)]
    assert seen == [(0, index) for index in range(100)] + [(2, index) for index in range(3)]


def test_several_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        monkeypatch.chdir(folder)
        ports = PortRequest(names=(REFERENCE, "haskell"), candidates=(PLANTED,))
        found.append(ran(REDUCER, ports, reducer_sources(150), Path("reports"), workers))
    (one, one_repros), (several, several_repros) = found
    assert len(one["findings"]) > 10
    assert several == one
    assert several_repros == one_repros
    assert {finding["source"] for finding in one["findings"]} >= {GENERATED, MARKET}


def test_the_figures_of_the_detector_add_up(tmp_path: Path) -> None:
    settings = DETECTOR.defaults.run_settings
    sources: list[Source] = [(GENERATED, Generated(DETECTOR.name, 4, range(24), settings))]
    ports = PortRequest(names=(REFERENCE, "rust"))
    (one, _), (several, _) = (ran(DETECTOR, ports, sources, tmp_path, workers) for workers in (1, 2))
    assert one["ports"][1]["measures"]["levels"]
    assert several == one


def test_a_process_that_dies_loses_nothing(tmp_path: Path) -> None:
    ports = PortRequest(names=(REFERENCE, "haskell"))
    sources = reducer_sources(150)
    options = RunOptions(ports=ports, reports_dir=tmp_path, workers=2)
    killed = []

    def kill_one(_source: str, _done: int) -> None:
        if not killed:
            killed.append(multiprocessing.active_children()[0])
            killed[0].kill()

    report = run_parity(REDUCER, sources, options, None, kill_one)
    assert killed
    assert [sum(port.cases.values()) for port in report.ports] == [30 + 150 + 9] * 2
    assert (report.word, report.met[GENERATED].cases) == ("PARITY", 150)


def test_few_cases_are_run_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    options = RunOptions(ports=PortRequest())
    assert options.workers_for(CASES_FOR_WORKERS - 1) == 1
    assert options.workers_for(CASES_FOR_WORKERS) == 4
    assert RunOptions(ports=PortRequest(), workers=3).workers_for(1) == 3
