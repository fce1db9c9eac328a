"""Two builds, timed alternately: what is slower is called so, and what is equal never."""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path

import pytest

from harness import ROOT
from harness.against.compare import PAIRS, AgainstError, _compared, compare, word_of
from tests.gate.test_certificate import parity

# The level of one call among eleven, as the reducer has them, and how much a pair of processes differs from the next.
LEVEL, NOISE = 0.01 / 11, 0.02


def pairs(rng: random.Random, factor: float) -> list[float]:
    """The ratios of pairs whose builds differ by a factor."""
    return [factor * rng.lognormvariate(0.0, NOISE) for _ in range(PAIRS)]


def test_a_tenth_slower_is_called_slower() -> None:
    rng = random.Random(1)
    found = [_compared("call", pairs(rng, 1.10), LEVEL).verdict for _ in range(60)]
    assert found.count("slower") == len(found)


def test_equal_builds_are_never_called_different() -> None:
    rng = random.Random(2)
    found = [_compared("call", pairs(rng, 1.0), LEVEL).verdict for _ in range(200)]
    assert not {"slower", "faster"} & set(found)
    assert found.count("same") > 150


def test_what_is_noisy_cannot_be_told() -> None:
    ratios = [0.7, 1.5, 0.8, 1.3, 0.6, 1.9, 1.0, 1.1, 0.9, 1.2, 0.8]
    found = _compared("call", ratios, LEVEL)
    assert (found.verdict, word_of([found])) == ("cannot tell", "CANNOT TELL")


SLOW = """
_quick = state_digest


def state_digest(state, cycles=None):
    return [_quick(state, cycles) for _ in range(4)][0]
"""


@pytest.fixture
def slowed(tmp_path: Path) -> Path:
    """A built checkout whose digests take several times as long."""
    for name in ("harness", "generators", "golden", "reducer", "detector", "doge_core"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "state_machine.py", tmp_path)
    digest = tmp_path / "reducer" / "digest.py"
    digest.write_text(digest.read_text(encoding="utf-8") + SLOW, encoding="utf-8")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return tmp_path


def test_a_slower_build_is_named(slowed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = parity(capsys, "bench", "--against", str(slowed), "--rounds", "2", "--json")
    found = {each["name"]: each["verdict"] for each in json.loads(out)["calls"]}
    assert found["digest"] == "faster"
    assert len(found) > 8


def test_what_is_no_built_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgainstError, match="is no checkout"):
        compare("reducer", tmp_path)


def test_a_build_that_cannot_run_says_why(slowed: Path) -> None:
    (slowed / "harness" / "against" / "worker.py").write_text("raise SystemExit('no such thing')\n", encoding="utf-8")
    with pytest.raises(AgainstError, match="cannot run the small calls"):
        compare("reducer", slowed, pairs=1)
