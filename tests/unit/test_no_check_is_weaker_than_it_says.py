"""No command is green without having looked: options, gaps, mutants, hashes and timeouts hold for every subject alike."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from generators.reducer.bulk import generate_case
from harness import ROOT
from harness.engine.builds import ENGINE, files_of
from harness.fuzz.verdict import verdict_of
from harness.mutants.catalogue import all_mutants
from harness.mutants.historical import Historical
from harness.panel import Depth
from harness.store.ledger import Ledger
from harness.store.records import BatchResult
from harness.subject import Subject
from tests.subjects import DETECTOR, REDUCER, plan_of

BATCH = """
import json, sys
from harness.engine.builds import builds_of
from harness.engine.plan import plan_from
from harness.fuzz.batch import run_batch
plan = plan_from(json.loads(sys.argv[1]))
run_batch(plan.to_json(), builds_of(plan), 0)
print(json.dumps([module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]))
"""


def parity(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of `parity …`."""
    command = [sys.executable, "-m", "harness", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def repro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repro of the detector's."""
    from generators.detector.bulk import generate_case as generate_series
    from harness.comparators.divergence import Divergence
    from harness.engine.repro import write_repro

    found = [Divergence(path="$.features.rows", kind="value", reference=1.0, candidate=2.0)]
    folder, case = tmp_path_factory.mktemp("repro"), generate_series(7, 0)
    return write_repro(folder, subject=DETECTOR, case=case, divergences=found, port="rust", candidate=None)


FOREIGN = {
    "run": ("run", "--subject", "reducer", "--candidate-module", "x"),
    "fuzz": ("fuzz", "--subject", "detector", "--candidate-exe", "x"),
    "doctor": ("doctor", "--subject", "detector", "--candidate-exe", "x"),
    "golden verify": ("golden", "verify", "--subject", "reducer", "--candidate-module", "no_such_module"),
    "replay": ("replay", "REPRO", "--candidate-exe", "/nonexistent"),
    "mutants": ("mutants", "--subject", "detector", "--shrink", "3"),
}


@pytest.mark.parametrize("command", FOREIGN)
def test_an_option_of_another_subject_is_refused(command: str, repro: Path) -> None:
    code, said = parity(*(str(repro) if each == "REPRO" else each for each in FOREIGN[command]))
    assert code == 2
    assert "means nothing to the" in said
    assert said.count("\n") == 1


def test_options_that_no_subject_has_together_are_refused() -> None:
    code, said = parity("doctor", "--candidate-exe", "x", "--candidate-module", "y")
    assert code == 2
    assert "--candidate-exe and --candidate-module: no subject has all of these" in said


@pytest.mark.parametrize("subject", [REDUCER, DETECTOR], ids=lambda subject: subject.name)
def test_a_night_whose_cases_meet_too_little_is_not_met(subject: Subject[Any], tmp_path: Path) -> None:
    plan = plan_of(subject, sequences=2000, batch_size=2000)
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    run = ledger.start(subject=subject.name, plan=plan.to_json(), builds={})
    empty = BatchResult(number=0, cases=2000, steps=1, divergent=0, waived=0, counts={}, case_hash="", verdict_hash="",
                        finds=(), seconds=0.1, rss_bytes=1)  # fmt: skip
    ledger.record(run.id, empty)
    found = verdict_of(ledger, run.id, plan)
    assert (found.word, found.exit_code) == ("NOT MET", 1)
    assert any(gap.startswith("NEVER MET: ") for gap in found.gaps)


@pytest.mark.parametrize("subject", [REDUCER, DETECTOR], ids=lambda subject: subject.name)
def test_a_keyword_left_out_is_a_mutant_of_every_subjects_records(subject: Subject[Any]) -> None:
    assert subject.mutations is not None
    left_out = [each for each in all_mutants(subject.mutations.source) if each.change.endswith("-> (left out)")]
    assert Counter("=" in each.before and each.variant != "dropped" for each in left_out)[True] > 0


def test_the_vocabulary_of_one_subject_is_not_applied_to_another() -> None:
    assert REDUCER.mutations is not None
    assert DETECTOR.mutations is not None
    ours, theirs = REDUCER.mutations.source.words, DETECTOR.mutations.source.words
    assert ours.other_text("buy") == "sell"
    assert theirs.other_text("buy") is None
    assert theirs.other_text("long_bias") == "short_bias"
    assert "order" in ours.objects
    assert "order" not in theirs.objects


@pytest.mark.parametrize("subject", [REDUCER, DETECTOR], ids=lambda subject: subject.name)
def test_builds_hash_every_module_that_a_batch_imports(subject: Subject[Any]) -> None:
    plan = plan_of(subject, sequences=2, batch_size=2)
    done = subprocess.run(
        [sys.executable, "-c", BATCH, json.dumps(plan.to_json())], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = {Path(file).resolve() for file in json.loads(done.stdout.splitlines()[-1])}
    ours = {file for file in imported if file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / ".venv")}
    hashed = {*files_of(ENGINE), *(file for files in subject.sources().values() for file in files)}
    hashed |= {file for files in subject.port_files(()).values() for file in files}
    outside = {file for file in ours if ".tox" not in file.parts} - {file.resolve() for file in hashed}
    assert sorted(str(file.relative_to(ROOT)) for file in outside) == []
    assert len(ours) > 30


@pytest.mark.parametrize("command", [("doctor",), ("golden", "verify")], ids=" ".join)
def test_a_timeout_reaches_the_detector(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hangs_at_import.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    started = time.monotonic()
    arguments = ("--subject", "detector", "--candidate-module", "hangs_at_import", "--timeout-sec", "1")
    done = subprocess.run(
        [sys.executable, "-m", "harness", *command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode in (1, 3)
    assert "no answer within 1 s" in done.stdout
    assert time.monotonic() - started < 90.0


def test_a_mutant_is_judged_in_a_session_too() -> None:
    assert REDUCER.mutations is not None
    old, new = '"actions": rows}', '"actions": rows, "extra": 1}'
    bug = Historical(name="session", package="reducer", module="wire_session", change="", old=old, new=new)
    panel = REDUCER.mutations.inject(bug.module, bug.tree())
    case = generate_case(0, 0)
    expected = panel.expect(case)
    assert panel.judge("mutant", case, expected, Depth.PLAIN).divergences == []
    (first, *_) = panel.judge("mutant", case, expected, Depth.THOROUGH).divergences
    assert ".session" in first.path
