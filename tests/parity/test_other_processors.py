"""Inputs and fixtures are the same on processors with other features: other kernels of OpenBLAS, other code paths of numpy."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from generators.detector.bulk import generate_cases as detector_cases
from generators.reducer.bulk import generate_cases as reducer_cases
from harness.subjects.detector.ports.setups import Setup, features_in_use, setups_of

SETUPS = setups_of(features_in_use())
CASES = 150
HASHES = "from tests.parity.test_other_processors import input_hash; print(input_hash())"


def input_hash() -> str:
    """A hash of many generated cases of both subjects, and of all definitions of fixtures."""
    from golden.detector.cases import definitions

    found = hashlib.sha256()
    for case in (*detector_cases(5, CASES), *(definition.case for definition in definitions())):
        found.update(json.dumps(case.to_json(), sort_keys=True).encode())
    for case in reducer_cases(5, CASES):
        found.update(case.line)
    return found.hexdigest()


def said(setup: Setup, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **setup.environment}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.kernel)
def test_generated_inputs_do_not_depend_on_the_processor(setup: Setup) -> None:
    done = said(setup, "-c", HASHES)
    assert done.stdout.strip() == input_hash(), done.stderr[-400:]


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.kernel)
def test_the_detectors_fixtures_hold_on_other_processors(setup: Setup) -> None:
    done = said(setup, "-m", "harness", "golden", "verify", "--subject", "detector")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "0 problems" in done.stdout
