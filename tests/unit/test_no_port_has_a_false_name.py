"""A built-in port is what it is called after, and a port that was found and is broken is not said to be missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.subjects.detector.ports.modules import candidate
from tests.native import load_native

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = "from hmm_regime_detector import *\nfrom hmmlearn.hmm import GaussianHMM\n__version__ = '0.1.0'\n"


def examined(folder: Path, *arguments: str) -> dict[str, Any]:
    """The last port that `parity doctor` shows where this folder comes before the built package."""
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "doge-hmm/python")])
    done = subprocess.run(
        [sys.executable, "-m", "harness", "doctor", "--subject", "detector", "--json", *arguments],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        check=False,
    )
    port: dict[str, Any] = json.loads(done.stdout)["ports"][-1]
    assert done.returncode == (0 if port["available"] else 3)
    return port


def package(folder: Path, line: str) -> None:
    """A copy of the built package, with a line at its end."""
    built = Path(str(load_native().__file__)).parent
    shutil.copytree(built, folder / "doge_hmm", ignore=shutil.ignore_patterns("__pycache__"))
    face = folder / "doge_hmm" / "__init__.py"
    face.write_text(face.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


def test_the_reference_does_not_pass_as_rust(tmp_path: Path) -> None:
    (tmp_path / "doge_hmm.py").write_text(REFERENCE, encoding="utf-8")
    port = examined(tmp_path)
    assert (port["port"], port["word"]) == ("rust", "BROKEN")
    assert port["reason"] == "doge_hmm is there, but it is not the compiled module: it has no doge_hmm._native"
    assert port["remedy"] == "run doge-hmm/build, or ./build.sh"


def test_an_extension_in_python_is_none(tmp_path: Path) -> None:
    (tmp_path / "doge_hmm").mkdir()
    (tmp_path / "doge_hmm/_native.py").write_text(REFERENCE, encoding="utf-8")
    (tmp_path / "doge_hmm/__init__.py").write_text("from doge_hmm._native import *\n__version__ = '0.1.0'", encoding="utf-8")
    port = examined(tmp_path)
    assert port["word"] == "BROKEN"
    assert port["reason"].endswith("_native.py, which is no shared object")


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("", ""),
        ("from hmm_regime_detector import RegimeDetector", "its RegimeDetector is of detector.regime_detector, and not"),
        ("from hmm_regime_detector import compute_grid_bias", "its compute_grid_bias is of detector."),
        ("from hmmlearn.hmm import GaussianHMM", "its GaussianHMM is of hmmlearn.hmm"),
        ("from hmmlearn.hmm import GaussianHMM as H\nclass GaussianHMM(H): pass", "its GaussianHMM is of doge_hmm"),
        ("class GaussianHMM: pass\nGaussianHMM.__module__ = 'doge_hmm.monitor'", "its GaussianHMM is of doge_hmm.monitor"),
    ],
)
def test_no_single_name_is_the_references(line: str, how: str, tmp_path: Path) -> None:
    package(tmp_path, line)
    port = examined(tmp_path)
    assert port["available"] is (not how)
    assert how in port.get("reason", "")


def test_a_module_that_was_found_and_is_broken_is_to_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, line, reason in (
        ("raises_here", "1 / 0", "importing it raised ZeroDivisionError: division by zero"),
        ("lacks_another", "import no_such_thing", "importing it raised ModuleNotFoundError: No module named 'no_such_thing'"),
        ("lacks_a_name", "from json import nothing", "importing it raised ImportError: cannot import name 'nothing' from"),
    ):
        (tmp_path / f"{name}.py").write_text(line, encoding="utf-8")
        found = candidate(name).availability()
        assert found.broken
        assert found.reason.startswith(reason)
        assert found.remedy == f"it was found, so mend it: python -c 'import {name}' must end without an error"


@pytest.mark.parametrize("name", ["not_there", "not.there", "json.not_there"])
def test_a_module_that_was_not_found_is_missing(name: str) -> None:
    found = candidate(name).availability()
    assert (found.available, found.broken) == (False, False)
    assert found.remedy.startswith("name a module of this folder")
