"""`parity run` says which candles it read and how, and is NOT MET where they exercise next to nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.engine.met import Met
from harness.subjects.detector.cases import PARAMETERS, DetectorCases, DetectorTally
from tests.candle_files import START_SEC, cdd_rows, kraken_rows, walk, written
from tests.unit.test_cli import parity
from tests.unit.test_market import walked


def run(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a run on candles alone."""
    common = ("run", "--ports", "haskell", "--sequences", "0", "--candles", str(path), "--reports", str(path.parent))
    code, out, err = parity(capsys, *common, *arguments)
    assert err == ""
    return code, out


def test_a_run_names_the_layout_and_counts_rows_and_what_they_exercise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = kraken_rows(walk(24 * 6))
    path = written(tmp_path, rows[:50] + rows[48:])
    code, out = run(capsys, path)
    assert code == 0
    sentence = (
        "Kraken OHLCVT, without a header (CSV; times in seconds); 146 rows read, 2 left out: 2 equal to a row of the same time"
    )
    assert f"Candles: candles.csv: {sentence}\n" in out
    assert "Market-driven cases: " in out
    assert " different order prices, " in out
    data = json.loads(run(capsys, path, "--json")[1])
    assert data["candles"]["candles"] == 144
    assert data["candles"]["left_out"] == {"equal to a row of the same time": 2}
    assert data["market"]["different"]["phases"] >= 3
    assert data["market"]["too_few"] == {}


def test_a_market_that_stands_still_is_not_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{START_SEC + number * 300},0.2,0.2,0.2,0.2,{number % 7}" for number in range(24 * 5)]
    path = written(tmp_path, ["timestamp,open,high,low,close,volume", *rows])
    code, out = run(capsys, path)
    assert code == 1
    assert "NOT MET: 0 different fills in the market-driven cases, 5 are needed; name candles whose prices move" in out
    assert out.splitlines()[-1].startswith("NOT MET: ")
    assert "DIVERGENCE" not in out
    assert json.loads(run(capsys, path, "--json")[1])["market"]["too_few"]["fills"] == 5


def test_windows_limit_the_cases_of_either_subject(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, cdd_rows(walk(24 * 8)))
    code, out = run(capsys, path, "--market-windows", "2", "--json")
    assert code == 0
    assert [port["cases"]["market"] for port in json.loads(out)["ports"]] == [2, 2]


def test_closes_that_cannot_determine_a_model_are_too_few() -> None:
    assert PARAMETERS == 3 * (4 + 4) + 3 * 2 + 2
    for price, decimals, enough in ((0.2, 5, True), (0.2, 2, False)):
        met = Met(DetectorTally())
        for case in DetectorCases().market(walked(price, decimals, spread=0.002, count=1300), 0, None):
            met.add(case, None)
            met.add_values(case, None)
        assert ("closes" not in met.too_few()) is enough
