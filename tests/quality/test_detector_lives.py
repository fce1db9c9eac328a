"""Bugs that take more than one call to show are caught by the golden fixtures alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden.detector.corpus import read_fixtures
from harness.engine.outcome import GOLDEN, RunReport
from harness.engine.replay import replay
from harness.engine.repro import ReproError, read_repro
from harness.panel import CaseError
from tests.quality.planted_detector import plant
from tests.quality.planted_lives import BUGS
from tests.subjects import DETECTOR, run_of

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
def report(tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    """All of them in one run."""
    modules = [plant(name, parts=bug()) for name, bug in BUGS.items()]
    cases = [fixture.definition.case for fixture in read_fixtures()]
    chosen = [case for case in cases if case.kind in KINDS]
    return run_of(DETECTOR, modules, {GOLDEN: chosen}, tmp_path_factory.mktemp("reports"))


def test_every_bug_has_its_place() -> None:
    assert set(BUGS) == set(CAUGHT)


@pytest.mark.parametrize("bug", CAUGHT)
def test_a_bug_is_caught_in_its_field(bug: str, report: RunReport) -> None:
    paths = [finding.divergence.path for finding in report.findings if finding.port == f"module:planted_{bug}"]
    assert any(CAUGHT[bug] in path for path in paths), paths


def test_a_repro_that_was_edited_is_refused_in_one_sentence(report: RunReport, tmp_path: Path) -> None:
    repro = next(finding.repro for finding in report.findings if finding.repro and finding.case.startswith("detector_"))
    edits = {
        "case.inputs.closes": lambda case: case["inputs"].update(closes=3),
        "is not a case that can be run": lambda case: case["inputs"].update(actions=[["fly", 1]]),
        "case.inputs.rows": lambda case: case.update(kind="fit"),
    }
    for sentence, edit in edits.items():
        document = json.loads(repro.read_text())
        edit(document["case"])
        edited = tmp_path / "edited.json"
        edited.write_text(json.dumps(document))
        with pytest.raises((ReproError, CaseError), match=sentence):
            replay(read_repro(edited), candidates=("hmm_regime_detector",), timeout_sec=60.0)
