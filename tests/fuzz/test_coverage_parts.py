"""Coverage is measured in parts, one for each CPU: they count together, and all of them or none."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from harness.coverage import tools
from harness.coverage.figures import NotMeasuredError
from harness.panel import Depth
from harness.subjects.reducer import coverage as haskell
from tests.fuzz.runs import PLAN


def test_a_branch_is_missing_that_no_part_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [{"branches": 9, "missing": ["a:1->2", "b:1->2"]}, {"branches": 9, "missing": ["b:1->2", "c:1->2"]}]
    monkeypatch.setattr(tools, "run_cases", lambda *_: told)
    (figure,) = tools.branches_of(haskell.ReducerCoverage(), "batch", PLAN, tmp_path, {})
    assert (figure.covered, figure.total, figure.missing) == (8, 9, ("b:1->2",))


def test_a_part_that_fails_ends_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = "import sys, time\n" + "assert '-told-0' not in sys.argv[-1], 'the first fails'\ntime.sleep(60)\n"
    (tmp_path / "child.py").write_text(waits)
    monkeypatch.setattr(tools, "parts_of", lambda _plan: 2)
    whole = tools.run
    monkeypatch.setattr(tools, "run", lambda words, **more: whole([sys.executable, tmp_path / "child.py", *words[3:]], **more))
    began = time.monotonic()
    with pytest.raises(NotMeasuredError, match="the first fails"):
        tools.run_cases("batch", PLAN, tmp_path, {})
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_every_case_is_in_one_part_and_each_part_has_its_share_of_those_that_take_long(parts: int) -> None:
    shares = [tools.part_of(4000, part, parts) for part in range(parts)]
    assert [index for share in shares for index in share] == list(range(4000))
    thorough = [sum(PLAN.about().defaults.night_depth(index) is Depth.THOROUGH for index in share) for share in shares]
    assert max(thorough) - min(thorough) <= 1, thorough
