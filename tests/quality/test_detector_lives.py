"""Bugs that take more than one call to show are caught by the golden fixtures alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.subjects.detector.commands import GOLDEN
from harness.subjects.detector.runner import SeriesReport, SeriesRunner

from golden.detector.corpus import read_fixtures
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.ports.modules import open_detector_ports
from harness.subjects.detector.ports.threads import one_thread
from tests.quality.planted_detector import plant
from tests.quality.planted_lives import BUGS

KINDS = ("detector", "features", "functions", "errors")
# The bug, and what has to be in the path of the first divergence of a case.
CAUGHT = {
    "late_clock": ".updated",
    "young_for_ever": ".too_old",
    "short_of_one": ".total",
    "rounded_threshold": ".bias_signal",
    "third_time_lucky": ".mean",
    "one_model_for_all": "$.inference.updates",
    "flat_is_bullish": ".follows",
    "settings_for_all": ".settings",
    "stored_by_reference": ".apart",
    "no_new_state": "$.inference.updates",
    "takes_true_for_one": "$.errors",
    "many_rows": ".rows",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SeriesReport:
    """All of them in one run."""
    modules = [plant(name, parts=bug()) for name, bug in BUGS.items()]
    ports = open_detector_ports(["python"], modules=modules)
    runner = SeriesRunner(ports, contract=load_detector_contract(), reports_dir=tmp_path_factory.mktemp("reports"))
    with one_thread():
        runner.check_surfaces()
        cases = [fixture.definition.case for fixture in read_fixtures()]
        runner.run(GOLDEN, [case for case in cases if case.kind in KINDS])
        runner.close()
    return runner.report


def test_every_bug_has_its_place() -> None:
    assert set(BUGS) == set(CAUGHT)


@pytest.mark.parametrize("bug", CAUGHT)
def test_a_bug_is_caught_in_its_field(bug: str, report: SeriesReport) -> None:
    paths = [finding.divergence.path for finding in report.findings if finding.port == f"module:planted_{bug}"]
    assert any(CAUGHT[bug] in path for path in paths), paths


def test_a_repro_that_was_edited_is_refused_in_one_sentence(report: SeriesReport, tmp_path: Path) -> None:
    import json

    from harness.subjects.detector.commands import replay_detector

    from harness.engine.repro import ReproError

    repro = next(finding.repro for finding in report.findings if finding.repro and finding.kind == "detector")
    edits = {
        "case.inputs.closes": lambda case: case["inputs"].update(closes=3),
        "holds no case": lambda case: case["inputs"].update(actions=[["fly", 1]]),
        "case.inputs.rows": lambda case: case.update(kind="fit"),
    }
    for sentence, edit in edits.items():
        document = json.loads(repro.read_text())
        edit(document["case"])
        edited = tmp_path / "edited.json"
        edited.write_text(json.dumps(document))
        with pytest.raises(ReproError, match=sentence):
            replay_detector(edited, modules=["hmm_regime_detector"])
