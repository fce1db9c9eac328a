"""`parity shadow report --subject detector`, the live page and the gate read what the detector's shadow wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from doge_detector import watching
from harness.evidence.book import read_book
from harness.serve.shadows import Shadows
from harness.shadow.journals import journals_in
from harness.store.ledger import Ledger
from harness.subjects.registry import subject_called
from tests.shadow.watched import ROOT
from tests.shadow.watched_detector import (
    CALLS,
    SWAPPED,
    bot_environment,
    drained,
    lived,
    plant,
    settled,
    watching_detector,
)


def report(folder: Path, *places: Path) -> tuple[int, str]:
    words = [sys.executable, "-m", "harness", "shadow", "report", "--subject", "detector", "--dir", str(folder / "shadow")]
    environment = bot_environment(
        folder, *places, DOGE_HMM_SHADOW="0", PARITY_LEDGER=f"sqlite:///{folder / 'l.sqlite'}", COLUMNS="200"
    )
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.usefixtures("right")
def test_a_clean_period_is_evidence_that_the_gate_finds_too_short(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        lived(watching)
        settled(watched)
        drained(watched)
        [journal] = journals_in(tmp_path / "shadow").read
        # What the report holds against the journals is what the shadow says of itself.
        assert subject_called("detector").shadowed() == watched.comparer.identity() == journal.digests
    code, said = report(tmp_path)
    assert code == 0, said
    assert f"calls: {CALLS:,} seen, {CALLS:,} compared, 0 dropped" in said
    assert "CLEAN: 0.0 of 48 hours covered, 100.00 % of the calls, 0 divergent of high severity, 0 of low" in said
    words = [sys.executable, "-m", "harness", "gate", "explain", "4.errors", "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False).stdout
    assert "cannot tell" in told
    assert "needs at least 48" in told
    assert "parity shadow report --subject detector" in told


def test_a_wrong_candidate_is_a_no_with_its_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plant(tmp_path, monkeypatch, SWAPPED)
    with watching_detector(tmp_path) as watched:
        lived(watching)
        settled(watched)
        drained(watched)
    # Where the wrong candidate is the one that is here, and where it is another build.
    code, said = report(tmp_path, place)
    assert code == 1, said
    assert "DIVERGENCE: 0.0 of 48 hours covered" in said
    assert "FIND parity replay" in said
    code, said = report(tmp_path)
    assert (code, "FIND" in said) == (3, False), said
    # The evidence of each names the candidate that was watched, not the one that this checkout happens to hold.
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    wrong, right_one = (entry.evidence for entry in read_book(ledger).entries)
    ledger.close()
    assert wrong is not None
    assert right_one is not None
    assert wrong.digests["port rust"] != right_one.digests["port rust"]


@pytest.mark.usefixtures("right")
def test_the_live_page_shows_it_beside_the_others(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        lived(watching)
        settled(watched)
        drained(watched)
    told = {each["subject"]: each for each in Shadows(tmp_path / "shadow").status()}
    assert (told["detector"]["verdict"], told["detector"]["compared"], told["detector"]["finds"]) == ("CLEAN", CALLS, 0)
    assert told["reducer"]["verdict"] == "EMPTY"
    assert json.dumps(told)
