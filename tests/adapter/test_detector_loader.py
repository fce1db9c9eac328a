"""`doge_detector` is `hmm_regime_detector`, in Rust where it can be had, and says what it chose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hmm_regime_detector

ROOT = Path(__file__).resolve().parents[2]

FAKE = "__version__ = '9.9'\n" + "".join(f"class {name}: pass\n" for name in hmm_regime_detector.__all__)

REPORT = """
import json, logging, sys
logging.basicConfig(format="%(name)s %(levelname)s %(message)s", stream=sys.stdout)
import doge_detector as hmm
print(json.dumps({"status": hmm.status(), "from": hmm.RegimeDetector.__module__, "names": hmm.__all__,
                  "heavy": [name for name in ("hmmlearn", "hmm_regime_detector") if name in sys.modules]}))
"""


def run(folder: Path, module: str, backend: str | None) -> subprocess.CompletedProcess[str]:
    """Import the loader in a fresh interpreter that finds `module` as doge_hmm."""
    (folder / "doge_hmm.py").write_text(module)
    environment = {name: value for name, value in os.environ.items() if name != "DOGE_HMM_BACKEND"}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])
    if backend is not None:
        environment["DOGE_HMM_BACKEND"] = backend
    return subprocess.run([sys.executable, "-c", REPORT], env=environment, capture_output=True, text=True, check=False)


def report(done: subprocess.CompletedProcess[str]) -> tuple[list[str], dict[str, Any]]:
    """The log lines, and what the program found."""
    assert done.stderr == ""
    *lines, found = done.stdout.splitlines()
    return lines, json.loads(found)


@pytest.mark.parametrize(("backend", "configured"), [(None, "auto"), ("auto", "auto"), ("rust", "rust"), (" Rust ", "rust")])
def test_rust_is_taken_where_it_imports_and_needs_no_hmmlearn(tmp_path: Path, backend: str | None, configured: str) -> None:
    lines, found = report(run(tmp_path, FAKE, backend))
    assert lines == []
    assert found["from"] == "doge_hmm"
    assert found["heavy"] == []
    assert found["status"] == {
        "configured": configured,
        "backend": "rust",
        "version": "9.9",
        "reason": None,
        "fallbacks": 0,
    }


def test_python_can_be_demanded_and_is_no_fallback(tmp_path: Path) -> None:
    lines, found = report(run(tmp_path, FAKE, "python"))
    assert lines == []
    assert found["from"] == "detector.regime_detector"
    assert found["status"] == {
        "configured": "python",
        "backend": "python",
        "version": hmm_regime_detector.__version__,
        "reason": None,
        "fallbacks": 0,
    }


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("raise ImportError('wrong ABI')", "wrong ABI"),
        ("raise OSError()", "OSError"),
        ("class RegimeDetector: pass\n" + FAKE.replace("class Regime:", "class Other:"), "it lacks Regime"),
    ],
)
def test_a_rust_that_cannot_be_used_is_counted_said_once_and_replaced(tmp_path: Path, module: str, reason: str) -> None:
    lines, found = report(run(tmp_path, module, None))
    assert lines == [
        f"doge_detector WARNING doge_detector: Python answers, doge_hmm cannot be used ({reason}); "
        "build it with doge-hmm/build, or set DOGE_HMM_BACKEND=python"
    ]
    assert found["from"] == "detector.regime_detector"
    assert found["status"]["configured"] == "auto"
    assert found["status"]["backend"] == "python"
    assert (found["status"]["reason"], found["status"]["fallbacks"]) == (reason, 1)


def test_a_rust_that_is_demanded_and_cannot_be_used_stops_the_import(tmp_path: Path) -> None:
    done = run(tmp_path, "raise ImportError('wrong ABI')", "rust")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: DOGE_HMM_BACKEND is rust, but doge_hmm cannot be used (wrong ABI); "
        "build it with doge-hmm/build, or set DOGE_HMM_BACKEND=python"
    )


def test_a_backend_that_does_not_exist_stops_the_import(tmp_path: Path) -> None:
    done = run(tmp_path, FAKE, "fortran")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ValueError: DOGE_HMM_BACKEND: must be one of auto, rust, python; got 'fortran'"


def test_it_has_every_name_of_the_reference_and_tells_its_status(tmp_path: Path) -> None:
    _, found = report(run(tmp_path, FAKE, "python"))
    assert found["names"] == [*hmm_regime_detector.__all__, "status"]
