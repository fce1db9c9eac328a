"""Every bug planted in a detector is caught, at the level and in the field that it is about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness.subjects.detector.commands import GENERATED, GOLDEN
from harness.subjects.detector.runner import SeriesFinding, SeriesReport, SeriesRunner

from generators.detector.bulk import generate_cases
from golden.detector.corpus import read_fixtures
from harness.cli.main import main
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.ports.modules import open_detector_ports
from harness.subjects.detector.ports.threads import one_thread
from tests.quality.planted_detector import BUGS, plant

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
def report(tmp_path_factory: pytest.TempPathFactory) -> SeriesReport:
    """All planted candidates in one run: the reference answers each case once."""
    modules = [plant(name) for name in BUGS]
    ports = open_detector_ports(["python"], modules=modules)
    runner = SeriesRunner(ports, contract=load_detector_contract(), reports_dir=tmp_path_factory.mktemp("reports"))
    runner.check_surfaces()
    with one_thread():
        # The draws are all of a kind; one seed of them tells what the others would.
        fixtures = [fixture for fixture in read_fixtures() if not fixture.name.startswith(("draws_0", "draws_1", "draws_l"))]
        runner.run(GOLDEN, [fixture.definition.case for fixture in fixtures])
        runner.run(GENERATED, generate_cases(3, CASES))
    return runner.report


def findings(report: SeriesReport, bug: str) -> list[SeriesFinding]:
    return [finding for finding in report.findings if finding.port == f"module:planted_{bug}"]


def test_every_bug_has_its_place() -> None:
    assert set(BUGS) == {*CAUGHT, *PASSED, *BY_SURFACE}


@pytest.mark.parametrize("bug", CAUGHT)
def test_a_bug_is_caught_at_its_level_and_field(bug: str, report: SeriesReport) -> None:
    level, field = CAUGHT[bug]
    found = findings(report, bug)
    places = sorted({(finding.source, finding.level, finding.divergence.path) for finding in found})
    assert any(finding.level == level and field in finding.divergence.path for finding in found), places[:12]
    assert any(finding.source == GENERATED for finding in found), "generated cases alone find it"


@pytest.mark.parametrize("bug", PASSED)
def test_a_candidate_without_a_bug_is_at_parity(bug: str, report: SeriesReport) -> None:
    assert findings(report, bug) == []
    port = next(port for port in report.ports if port.name == f"module:planted_{bug}")
    assert port.excused == []
    assert sum(port.cases.values()) == sum(report.ports[0].cases.values())
    assert port.identical == port.trained


@pytest.mark.parametrize("bug", CAUGHT)
def test_no_bug_hides_behind_the_statistics(bug: str, report: SeriesReport) -> None:
    port = next(port for port in report.ports if port.name == f"module:planted_{bug}")
    assert len([excuse for excuse in port.excused if excuse[1] == "statistics"]) <= 2, port.excused


def test_another_default_is_caught_before_any_case(report: SeriesReport) -> None:
    port = next(port for port in report.ports if port.name == "module:planted_other_default")
    assert [divergence.path for divergence in port.contract] == ["$.surface.parameters.compute_grid_bias[1][1]"]
    assert sum(port.cases.values()) == 0


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and output of `parity …`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0), capsys.readouterr().out


def test_a_repro_replays_until_the_bug_is_gone(report: SeriesReport, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert on_candles["level"] == "same_seed"
    assert on_candles["divergence"]["path"] == "$.same_seed.trainings[0].trained.value.iterations"
    assert on_candles["divergence"]["candidate"] == on_candles["divergence"]["reference"] + 1


def test_a_candidate_that_lacks_a_name_never_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = plant("parity", without="GaussianHMM")
    arguments = ["run", "--subject", "detector", "--sequences", "12", "--market-windows", "0", "--reports", str(tmp_path)]
    code, out = run(capsys, *arguments, "--candidate-module", module)
    assert code == 3
    assert "INCOMPLETE" in out
    assert "it has no GaussianHMM" in out
