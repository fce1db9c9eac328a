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
from tests.compiled import compiled_copy

ROOT = Path(__file__).resolve().parents[2]

# A module with every name, which is not the compiled one.
FAKE = "__version__ = '9.9'\n" + "".join(f"class {name}: pass\n" for name in hmm_regime_detector.__all__)
# What a planted package adds to the compiled one: it is the reference under another name.
DISGUISED = "from hmm_regime_detector import RegimeDetector\n"
OTHER = "build it with doge-hmm/build, or set DOGE_HMM_BACKEND=python"

REPORT = """
import json, logging, sys
logging.basicConfig(format="%(name)s %(levelname)s %(message)s", stream=sys.stdout)
import doge_detector as hmm
print(json.dumps({"status": hmm.status(), "from": hmm.RegimeDetector.__module__, "names": hmm.__all__,
                  "heavy": [name for name in ("hmmlearn", "hmm_regime_detector") if name in sys.modules]}))
"""


def run(folder: Path, module: str | None, backend: str | None, **more: str) -> subprocess.CompletedProcess[str]:
    """Import the loader in a fresh interpreter that finds `module` as doge_hmm, or, for None, what is in the folder."""
    if module is not None:
        (folder / "doge_hmm.py").write_text(module)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOGE_HMM_")}
    environment |= {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), **more}
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
    compiled_copy(tmp_path, "__version__ = '9.9'\n")
    lines, found = report(run(tmp_path, None, backend))
    assert lines == []
    assert found["from"] == "doge_hmm"
    assert found["heavy"] == []
    assert found["status"] == {
        "configured": configured,
        "backend": "rust",
        "version": "9.9",
        "reason": None,
        "fallbacks": 0,
        "shadow": False,
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
        "shadow": False,
    }


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("raise ImportError('wrong ABI')", "wrong ABI"),
        ("raise OSError()", "OSError"),
        ("class RegimeDetector: pass\n" + FAKE.replace("class Regime:", "class Other:"), "it lacks Regime"),
        (FAKE, "it is not the compiled module: it has no doge_hmm._native"),
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


def test_a_module_that_is_not_the_compiled_one_is_refused_by_name(tmp_path: Path) -> None:
    done = run(tmp_path, FAKE, "rust")
    assert done.returncode == 1
    reason = "it is not the compiled module: it has no doge_hmm._native"
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: DOGE_HMM_BACKEND is rust, but doge_hmm cannot be used ({reason}); {OTHER}"
    )


def test_a_compiled_package_that_answers_with_another_class_is_not_rust(tmp_path: Path) -> None:
    compiled_copy(tmp_path, DISGUISED)
    lines, found = report(run(tmp_path, None, None))
    assert len(lines) == 1
    assert found["status"]["reason"] == ("it is not the compiled module: its RegimeDetector is not that of doge_hmm._native")
    assert found["status"]["backend"] == "python"


def test_an_extension_that_is_no_shared_object_is_not_rust(tmp_path: Path) -> None:
    package = compiled_copy(tmp_path) / "doge_hmm"
    for path in package.glob("_native.*"):
        path.unlink()
    (package / "_native.py").write_text(FAKE)
    (package / "__init__.py").write_text("from doge_hmm._native import *\nfrom doge_hmm._native import __version__\n")
    _, found = report(run(tmp_path, None, "auto"))
    assert found["status"]["reason"] == "it is not the compiled module: doge_hmm._native is no shared object"


def test_a_shadow_beside_rust_is_refused(tmp_path: Path) -> None:
    compiled_copy(tmp_path)
    done = run(tmp_path, None, "rust", DOGE_HMM_SHADOW="1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ValueError: DOGE_HMM_SHADOW: Python answers while it is on, so that DOGE_HMM_BACKEND cannot be rust"
    )


@pytest.mark.parametrize("backend", [None, "python"])
def test_with_a_shadow_python_answers_and_says_so(backend: str | None, tmp_path: Path) -> None:
    lines, found = report(run(tmp_path, "raise ImportError('wrong ABI')", backend, DOGE_HMM_SHADOW="1"))
    # With the default, who turns the shadow off turns the candidate on.
    assert len(lines) == (backend is None)
    assert all("without the shadow, `auto` takes the candidate; set DOGE_HMM_BACKEND=python" in line for line in lines)
    assert found["status"] == {
        "configured": backend or "auto",
        "backend": "python",
        "version": hmm_regime_detector.__version__,
        "reason": None,
        "fallbacks": 0,
        "shadow": True,
    }


def test_a_backend_that_does_not_exist_stops_the_import(tmp_path: Path) -> None:
    done = run(tmp_path, FAKE, "fortran")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ValueError: DOGE_HMM_BACKEND: must be one of auto, rust, python; got 'fortran'"


def test_it_has_every_name_of_the_reference_and_tells_its_status(tmp_path: Path) -> None:
    _, found = report(run(tmp_path, FAKE, "python"))
    added = ["get_shadow_metrics", "reset_shadow_metrics", "shadow_collector", "status"]
    assert sorted(found["names"]) == sorted([*hmm_regime_detector.__all__, *added])
