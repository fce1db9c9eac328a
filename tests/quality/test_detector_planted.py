"""Every bug planted in a detector is caught, at the level and in the field that it is about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generators.detector.bulk import generate_cases
from golden.detector.corpus import read_fixtures
from harness.cli.main import main
from harness.engine.finding import Finding
from harness.engine.outcome import GENERATED, GOLDEN, PortReport, RunReport
from harness.subjects.detector.measures import DetectorMeasures
from tests.quality.planted_detector import BUGS, plant
from tests.subjects import DETECTOR, level_of, run_of

CASES = 90
# The bug, the level that has to catch it, and what has to be in the path of the first divergence of a case.
CAUGHT = {
    "wrong_prior": ("em", ".covars"),
    "loose_kmeans": ("same_seed", ".centres"),
    "one_kmeans_run": ("same_seed", ".centres"),
    "late_stop": ("same_seed", ".iterations"),
    "other_tolerance": ("same_seed", ".iterations"),
    "swapped_labels": ("same_seed", ".labels"),
    "late_rsi": ("features", ".rows"),
    "quick_average": ("features", ".rows"),
    "sample_deviation": ("same_seed", ".deviation"),
    "first_posterior": ("inference", ".probabilities"),
    "sure_of_itself": ("inference", ".confidence"),
    "three_decimals": ("inference", ".confidence"),
    "rounded_down": ("inference", ".confidence"),
    "contrary_bias": ("inference", ".bias_signal"),
    "other_tie": ("inference", ".path"),
    "other_seed": ("same_seed", ".draws"),
    "no_floor": ("same_seed", ".start.value.covars"),
    "single_precision": ("em", ".history"),
    "one_sequence": ("em", ".history"),
    "other_words": ("features", ".error.words"),
    "one_state_object": ("inference", "$.inference.updates"),
    "silent": ("same_seed", ".said"),
    "grid_sides": ("functions", ".entry_spacing_mult"),
}
PASSED = ("parity", "fused_average")
BY_SURFACE = ("other_default",)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    """All planted candidates in one run: the reference answers each case once."""
    # The draws are all of a kind; one seed of them tells what the others would.
    fixtures = [fixture for fixture in read_fixtures() if not fixture.name.startswith(("draws_0", "draws_1", "draws_l"))]
    sources = {GOLDEN: [fixture.definition.case for fixture in fixtures], GENERATED: generate_cases(3, CASES)}
    return run_of(DETECTOR, [plant(name) for name in BUGS], sources, tmp_path_factory.mktemp("reports"))


def port_of(report: RunReport, bug: str) -> PortReport:
    return next(port for port in report.ports if port.name == f"module:planted_{bug}")


def measures_of(report: RunReport, bug: str) -> DetectorMeasures:
    measures = port_of(report, bug).measures
    assert isinstance(measures, DetectorMeasures)
    return measures


def findings(report: RunReport, bug: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.port == f"module:planted_{bug}"]


def test_every_bug_has_its_place() -> None:
    assert set(BUGS) == {*CAUGHT, *PASSED, *BY_SURFACE}


@pytest.mark.parametrize("bug", CAUGHT)
def test_a_bug_is_caught_at_its_level_and_field(bug: str, report: RunReport) -> None:
    level, field = CAUGHT[bug]
    found = findings(report, bug)
    places = sorted({(finding.source, finding.divergence.path) for finding in found})
    assert any(level_of(path) == level and field in path for _, path in places), places[:12]
    assert any(finding.source == GENERATED for finding in found), "generated cases alone find it"


@pytest.mark.parametrize("bug", PASSED)
def test_a_candidate_without_a_bug_is_at_parity(bug: str, report: RunReport) -> None:
    assert findings(report, bug) == []
    measures = measures_of(report, bug)
    assert measures.excused == []
    assert port_of(report, bug).cases == report.ports[0].cases
    assert measures.identical == measures.trained


@pytest.mark.parametrize("bug", CAUGHT)
def test_no_bug_hides_behind_the_statistics(bug: str, report: RunReport) -> None:
    excused = measures_of(report, bug).excused
    assert len([excuse for excuse in excused if excuse.to == "statistics"]) <= 2, excused


def test_another_default_is_caught_before_any_case(report: RunReport) -> None:
    port = port_of(report, "other_default")
    assert [divergence.path for divergence in port.examined.divergences] == ["$.surface.parameters.compute_grid_bias[1][1]"]
    assert sum(port.cases.values()) == 0


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and output of `parity …`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0), capsys.readouterr().out


def test_a_repro_replays_until_the_bug_is_gone(report: RunReport, capsys: pytest.CaptureFixture[str]) -> None:
    repro = next(finding.repro for finding in findings(report, "late_rsi") if finding.repro)
    assert run(capsys, "replay", str(repro))[0] == 1
    assert run(capsys, "replay", str(repro), "--candidate-module", plant("parity"))[0] == 0


def test_the_command_line_tells_level_field_and_both_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "--subject", "detector", "--sequences", "5", "--market-windows", "1", "--reports", str(tmp_path)]
    code, out = run(capsys, *arguments, "--candidate-module", plant("late_stop"), "--json")
    assert code == 1
    caught = json.loads(out)["findings"]
    assert {"golden", "market"} <= {finding["source"] for finding in caught}
    on_candles = next(finding for finding in caught if finding["source"] == "market")
    assert on_candles["divergence"]["path"] == "$.same_seed.trainings[0].trained.value.iterations"
    assert on_candles["divergence"]["candidate"] == on_candles["divergence"]["reference"] + 1


def test_a_candidate_that_lacks_a_name_never_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = plant("parity", without="GaussianHMM")
    arguments = ["run", "--subject", "detector", "--sequences", "12", "--market-windows", "0", "--reports", str(tmp_path)]
    code, out = run(capsys, *arguments, "--candidate-module", module)
    assert code == 3
    assert "INCOMPLETE" in out
    assert "it has no GaussianHMM" in out
