"""The detector's port in Rust and the reference: fixtures, generated cases, candles. Missing is failing."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

from generators.candles import sample_candles
from generators.detector.bulk import generate_cases
from generators.detector.case import DetectorCase
from generators.detector.market import market_cases
from generators.detector.strategies import detector_cases
from golden.detector.corpus import read_fixtures
from harness.cli.main import main
from harness.engine.golden import check_port
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.golden import DetectorGolden, loaded_reference
from harness.subjects.detector.judging.judge import Verdict, judge
from harness.subjects.detector.panel import DetectorPanel
from harness.subjects.detector.ports.modules import DetectorPort, rust
from harness.subjects.detector.ports.surface import differing
from harness.subjects.detector.ports.threads import one_thread

CONTRACT = load_detector_contract()


@pytest.fixture(scope="module")
def port() -> DetectorPort:
    """The port, loaded."""
    found = rust()
    available = found.availability()
    assert available.available, f"{available.reason}; {available.remedy}"
    return found


def verdict_on(port: DetectorPort, case: DetectorCase, *, real: bool = False) -> Verdict:
    reference = loaded_reference()
    with one_thread():
        return judge(
            case=case,
            reference=answer(reference, case),
            candidate=answer(port, case),
            contract=CONTRACT,
            reference_port=reference,
            real=real,
        )


def test_it_offers_what_the_contract_says(port: DetectorPort) -> None:
    assert port.missing() == []
    assert differing(port, CONTRACT.surface) == []


def test_it_answers_every_fixture_as_recorded(port: DetectorPort) -> None:
    panel = DetectorPanel(loaded_reference(), [port])
    with one_thread():
        assert [problem.to_json() for problem in check_port(DetectorGolden(), panel, "rust", read_fixtures())] == []


def test_generated_cases_agree_and_none_falls_back_to_statistics(port: DetectorPort) -> None:
    for case in generate_cases(7, 60):
        verdict = verdict_on(port, case)
        assert verdict.divergences == [], case.name
        assert verdict.excused != "statistics", case.name


def test_windows_of_candles_agree(port: DetectorPort) -> None:
    for case in market_cases(sample_candles(), windows_max=3):
        verdict = verdict_on(port, case, real=True)
        assert verdict.divergences == [], case.name
        assert all(same for _, same in verdict.identical)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=detector_cases())
def test_whatever_hypothesis_draws_agrees(port: DetectorPort, case: DetectorCase) -> None:
    assert verdict_on(port, case).divergences == []


def test_a_port_that_cannot_be_imported_is_missing_and_never_passes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # None in the place of a module makes its import fail.
    monkeypatch.setitem(__import__("sys").modules, "doge_hmm", None)
    arguments = ["run", "--subject", "detector", "--sequences", "2", "--market-windows", "0"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    assert ended.value.code == 3
    report = json.loads(capsys.readouterr().out)
    row = next(row for row in report["ports"] if row["name"] == "rust")
    assert (row["verdict"], row["available"]) == ("MISSING", False)
    assert "doge-hmm/build" in row["remedy"]
    with pytest.raises(SystemExit) as ended:
        main(["golden", "verify", "--subject", "detector"])
    assert ended.value.code == 3
    assert "MISSING: rust" in capsys.readouterr().out


def test_the_benchmark_compares_in_one_run(port: DetectorPort, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--subject", "detector", "--rounds", "1", "--json"])
    assert ended.value.code == 0
    result = json.loads(capsys.readouterr().out)
    load = result["loads"]["candles"]
    assert set(load["columns"]) == {"python, us", "rust, us", "python, scaling, us"}
    assert {"train 2000", "train 4000", "extract 4000", "update 100"} <= set(load["ratios"])
    assert [target["limit"] for target in load["targets"]] == [25.0, 20.0, 100.0, 60.0, 0.85]
    # How fast is for a quiet machine to tell; that compiled loops beat Python's is true on any.
    assert load["ratios"]["extract 4000"]["median"] > 3.0
