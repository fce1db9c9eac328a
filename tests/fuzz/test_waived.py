"""A waived find is counted and shown, hides no other, and is never taken for parity."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.subjects.reducer.cases import EVENTS
from tests.fuzz.runs import PLANTED, ROOT
from tests.fuzz.test_finds import fuzzed

ARGUMENTS = ("--sequences", "60", "--seed", "1", "--workers", "1", "--finds-max", "0")
# What events that are none call themselves.
OTHERS = ("untyped", "no event", "Nothing", "5", "None", "PairState", "EngineConfig", "priceTick")
ENTRY = '[[waiver]]\nsubject = "reducer"\nfingerprint = "{}"\nowner = "ann"\nreason = "known"\nexpires = {}\n'


def waived(folder: Path, fingerprints: list[str], expires: str = "2999-01-01") -> tuple[str, ...]:
    path = folder / "waivers.toml"
    path.write_text("\n".join(ENTRY.format(fingerprint, expires) for fingerprint in fingerprints))
    return ("--waivers", str(path))


def until_all_are_waived(folder: Path, bug: str, expires: str = "2999-01-01") -> tuple[int, dict[str, Any]]:
    """Waive what a run finds until it finds nothing else."""
    fingerprints: list[str] = []
    for _ in range(20):
        code, run = fuzzed(folder, *ARGUMENTS, *waived(folder, fingerprints, expires), "--candidate-exe", f"{PLANTED} {bug}")
        more = [find["fingerprint"] for find in run["finds"] if find["fingerprint"] not in fingerprints]
        if not more:
            return code, run
        fingerprints += more
    raise AssertionError("there is always another find")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("waived")


def test_waived_finds_are_counted_and_are_no_parity(folder: Path) -> None:
    code, run = until_all_are_waived(folder, "forgets_quote_fee")
    assert (code, run["verdict"], run["bound"]) == (0, "WAIVED", None)
    assert run["divergent"] == run["waived"] > 0
    assert run["finds"]
    assert all(waiver["hits"] for waiver in run["waivers"])


def test_a_waiver_hides_no_other_bug(folder: Path) -> None:
    # The same waivers on a port with a second bug.
    both = ("--candidate-exe", f"{PLANTED} forgets_quote_fee+fill_moves_market")
    code, run = fuzzed(folder, *ARGUMENTS, "--waivers", str(folder / "waivers.toml"), *both)
    assert (code, run["verdict"]) == (1, "DIVERGENCE")
    assert run["divergent"] > run["waived"]
    assert any(waiver["hits"] for waiver in run["waivers"])


def test_an_expired_waiver_fails_the_run(folder: Path) -> None:
    fingerprints = [line.split('"')[1] for line in (folder / "waivers.toml").read_text().splitlines() if "fingerprint" in line]
    past = waived(folder, fingerprints, "2020-01-01")
    code, run = fuzzed(folder, *ARGUMENTS, *past, "--candidate-exe", f"{PLANTED} forgets_quote_fee")
    assert (code, run["verdict"]) == (1, "NOT MET")
    assert all(gap.startswith("EXPIRED") for gap in run["gaps"])


def test_a_waiver_that_is_never_hit_fails_the_run(tmp_path: Path) -> None:
    code, run = fuzzed(tmp_path, *ARGUMENTS, *waived(tmp_path, ["0123456789ab"]))
    assert (code, run["verdict"], run["divergent"]) == (1, "NOT MET", 0)
    assert run["gaps"][0].startswith("NEVER HIT: waiver 0123456789ab of ann")


def test_a_bad_file_costs_no_run(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[[waiver]]\nsubject = "reducer"\n')
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    command = [sys.executable, "-m", "harness", "fuzz", "--waivers", str(path), "--reports", str(tmp_path), "--ledger", ledger]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("parity: --waivers ")
    assert "$.waiver[0]" in done.stderr


@pytest.mark.parametrize("second", ["wrong_session", "wrong_violations", "wrong_final_state"])
def test_a_digest_that_is_waived_hides_nothing_else(tmp_path: Path, second: str) -> None:
    candidate = ("--candidate-exe", f"{PLANTED} wrong_digest+{second}")
    digests = [f"$.steps[*].digest|value|{event}" for event in (*EVENTS, *OTHERS)]
    fingerprints = [hashlib.sha256(each.encode()).hexdigest()[:12] for each in digests]
    _, run = fuzzed(tmp_path, *ARGUMENTS, *waived(tmp_path, fingerprints), *candidate)
    assert run["verdict"] == "DIVERGENCE"
    others = [find for find in run["finds"] if find["fingerprint"] not in fingerprints]
    assert others
    assert any(not find["divergence"]["path"].endswith(".digest") for find in others)


def test_a_missing_answer_is_never_waived(tmp_path: Path) -> None:
    candidate = ("--candidate-exe", f"{PLANTED} dies_at_once")
    _, first = fuzzed(tmp_path, *ARGUMENTS, *candidate)
    fingerprints = [find["fingerprint"] for find in first["finds"]]
    code, run = fuzzed(tmp_path, *ARGUMENTS, *waived(tmp_path, fingerprints), *candidate)
    assert (code, run["verdict"], run["waived"]) == (1, "DIVERGENCE", 0)
