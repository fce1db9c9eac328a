"""Steps are run as GitHub runs them, and what a job sums up names the finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from tests.unit.test_cli import parity
from tests.workflows.steps import play

SUMMARY = ROOT / ".ci" / "summary"


def job(*runs: str, **conditions: str) -> dict[str, Any]:
    return {
        "steps": [
            {"name": str(place), "run": run, "if": conditions.get(f"if{place}", "success()")} for place, run in enumerate(runs)
        ]
    }


def test_a_step_that_fails_ends_a_job_but_for_those_that_want_to_run(tmp_path: Path) -> None:
    found = play(
        job(
            "true",
            "false | cat",
            "touch not-run",
            'echo told >>"$GITHUB_STEP_SUMMARY"',
            "touch not-run",
            if3="${{ !cancelled() }}",
        ),
        tmp_path,
        tmp_path,
        quiet=True,
    )
    assert (found.code, found.ran, found.summary) == (1, ["0", "1", "3"], "told\n")
    assert not (tmp_path / "not-run").exists()


def test_a_step_for_failures_alone_does_not_run_after_a_success(tmp_path: Path) -> None:
    found = play(job("true", "false", if1="failure()"), tmp_path, tmp_path, quiet=True)
    assert (found.code, found.ran) == (0, ["0"])


def test_a_condition_that_is_not_known_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        play(job("true", if0="github.actor == 'somebody'"), tmp_path, tmp_path)


def test_values_that_github_puts_in_are_given_or_refused(tmp_path: Path) -> None:
    about = job('test "$TOOL" = 1.83') | {"env": {"TOOL": "${{ matrix.tool }}"}}
    assert play(about, tmp_path, tmp_path, quiet=True, values={"matrix.tool": "1.83"}).code == 0
    assert play(about, tmp_path, tmp_path, quiet=True, values={"matrix.tool": "1.84"}).code == 1
    with pytest.raises(KeyError):
        play(about, tmp_path, tmp_path)


def test_actions_are_named_and_not_run(tmp_path: Path) -> None:
    found = play({"steps": [{"uses": "actions/checkout@0"}]}, tmp_path, tmp_path)
    assert (found.code, found.ran, found.actions) == (0, [], ["actions/checkout@0"])


def summed_up(path: Path) -> str:
    return subprocess.run([SUMMARY, path], capture_output=True, text=True, check=True).stdout


def test_a_summary_names_the_finds_of_a_wrong_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = f"{sys.executable} tests/quality/planted.py forgets_quote_fee"
    code, said, _ = parity(
        capsys, "run", "--subject", "reducer", "--sequences", "20", "--market-windows", "0", "--ports", "python",
        "--candidate-exe", planted, "--no-evidence", "--reports", str(tmp_path),
    )  # fmt: skip
    assert code == 1
    (tmp_path / "parity.txt").write_text(f"== building\n{said}")
    found = summed_up(tmp_path / "parity.txt")
    [first, *_] = [line for line in said.splitlines() if line.startswith("DIVERGENCE ") and "exe:forgets_quote_fee" in line]
    assert first in found
    assert "  again      parity replay" in found
    assert found.splitlines()[-2].startswith("DIVERGENCE: ")
    assert "== building" not in found


NIGHT = """run 0: 200 cases
FOUND a8dbfb13b595 of exe:wrong: $.steps[4]
FIND a8dbfb13b595 of exe:wrong: 10 cases, the first is 2: $.steps[4]
SHRUNK a8dbfb13b595: 37 events to 1 in 179 attempts, 2.6 s: parity replay reports/repro.json
  odd one out: exe:wrong; python and haskell agree
== parity mutants
SURVIVED booking:1:1 in booking
12 of 13 mutants that can be distinguished from the reference were killed: 92.3%, wanted 99.5%: NOT MET; 9 s
train, 2,000 candles: 12.00 (at least 25): NOT MET
update, 100 candles: 86.07 (at least 60): met
parity: --out reports/site: cannot be made
"""


def test_the_summary_of_a_night_has_finds_replay_commands_and_whatever_was_not_met(tmp_path: Path) -> None:
    (tmp_path / "night.txt").write_text(NIGHT)
    left_out = ("run 0", "FOUND", "== ", "update")
    wanted = [line for line in NIGHT.splitlines() if not line.startswith(left_out)]
    assert summed_up(tmp_path / "night.txt").splitlines()[3:-1] == wanted


def test_a_summary_of_parity_is_its_verdict(tmp_path: Path) -> None:
    (tmp_path / "parity.txt").write_text("== built\ngolden: 1 of 1\n\033[1mPARITY: 1 case\033[0m\n")
    assert summed_up(tmp_path / "parity.txt") == "## Parity\n\n```text\nPARITY: 1 case\n```\n"


def test_a_run_that_did_not_begin_is_told(tmp_path: Path) -> None:
    assert "the run did not begin" in summed_up(tmp_path / "parity.txt")


def test_bare_wants_a_command() -> None:
    done = subprocess.run([ROOT / ".ci" / "bare"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "bare: needs a command, like: .ci/bare ./build.sh parity\n")
