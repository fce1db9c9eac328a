"""What a fuzz run cannot use it says before it begins, in a sentence; nothing that was not compared passes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.fuzz.runs import PLANTED, ROOT, fuzz_command


def refused(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and what is said on standard error."""
    done = subprocess.run(
        [*fuzz_command(folder), *(() if "--resume" in arguments else ("--sequences", "20")), *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_an_executable_that_is_not_there_is_missing(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--candidate-exe", "/no/such/program")
    assert code == 3
    assert said.startswith("MISSING: port exe:program: /no/such/program is not an executable file; ")


def test_an_executable_that_does_not_answer_is_broken(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--candidate-exe", "/bin/false")
    assert code == 3
    assert said.startswith("BROKEN: port exe:false: it is there but does not answer")


def test_a_module_that_is_not_there_is_missing(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--subject", "detector", "--candidate-module", "no_such_module")
    assert code == 3
    assert said.startswith("MISSING: port module:no_such_module: ")


def test_a_port_with_another_contract_sees_no_case(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--candidate-exe", f"{PLANTED} other_contract")
    assert code == 1
    assert said.startswith("CONTRACT exe:other_contract at $.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--subject", "detector", "--candidate-exe", "x"),
            "--candidate-exe: means nothing to the subject detector; leave it out",
        ),
        (("--candidate-module", "x"), "--candidate-module: means nothing to the subject reducer; leave it out"),
        (("--cluster", "tcp://127.0.0.1:1"), "--cluster tcp://127.0.0.1:1: no scheduler answers"),
        (("--resume", "nothing"), "--ledger sqlite:///"),
    ],
)
def test_bad_usage_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    code, said = refused(tmp_path, *arguments)
    assert code == 2
    assert said.startswith(f"parity: {sentence}")
