"""Bugs of the control flow that random cases seldom meet die in a closed world, each by the fewest events there are."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from tests.quality.test_planted_bugs import exit_code_of

PLANTED = Path(__file__).with_name("planted_control_flow.py")


def explored(bug: str, world: str, reports: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    """`parity exhaust` of a world with a planted candidate: exit code and report."""
    exe = shlex.join([sys.executable, str(PLANTED), bug])
    arguments = ["exhaust", "--world", world, "--ports", "python", "--candidate-exe", exe, "--reports", str(reports), *more]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--no-evidence", "--json", "--workers", "1"])
    return int(ended.value.code or 0), json.loads(capsys.readouterr().out)


# The bug, the world that is about it, and the events of the shortest way to it.
FOUND = (
    ("zero_is_a_time", "eviction without a market", 1),
    ("cooldown_of_zero_is_over", "refresh at time zero", 2),
    ("market_of_zero_is_one", "eviction without a market", 1),
    ("price_of_zero_is_one", "eviction without a market", 1),
    ("cycle_zero_is_sound", "cycle zero", 1),
    ("start_without_its_last_default", "without times", 1),
    ("tie_takes_the_buy_exit", "sound", 4),
    ("timeout_is_not_enough", "one-sided S1", 2),
    ("drift_of_the_limit_is_too_much", "refresh without a cooldown", 1),
    ("cooldown_is_over_too_late", "end of a cooldown", 2),
    ("a_slot_too_many", "no recovery slot", 4),
    ("eviction_forgets_its_cancel", "txids", 4),
    ("sticky_orphans", "sticky", 1),
    ("cooldown_begins_too_late", "losing recoveries", 6),
)


@pytest.mark.parametrize(("bug", "world", "events"), FOUND, ids=[bug for bug, *_ in FOUND])
def test_a_bug_dies_in_its_world(bug: str, world: str, events: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = explored(bug, world, tmp_path, capsys, "--depth", str(events))
    assert (code, report["verdict"]) == (1, "DIVERGENCE")
    repro = report["repros"][0]
    case = json.loads(Path(repro).read_text(encoding="utf-8"))["case"]
    assert len(case["events"]) == events
    assert case["metadata"]["world"] == world
    assert exit_code_of("replay", repro) == 1
    capsys.readouterr()
    if events > 1:
        code, report = explored(bug, world, tmp_path, capsys, "--depth", str(events - 1))
        assert (code, report["verdict"]) == (0, "PARITY"), "there is no shorter way"


def test_rounding_is_not_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Prices of a closed world are dyadic: what rounds them wrongly does not show, and the pages say so."""
    code, report = explored("naive_rounding", "no market", tmp_path, capsys)
    assert (code, report["verdict"]) == (0, "PARITY")
    assert [world["closed"] for world in report["worlds"]] == [True]
