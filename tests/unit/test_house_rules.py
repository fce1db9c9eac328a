"""The rules of the house hold, and each of them is seen to fail where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import ROOT
from tests.house_rules import (
    RULES,
    dashboards_run_nothing,
    low_folders_import_nothing_above,
    no_circles,
    no_subject_is_named,
    nothing_is_too_long,
    subjects_stay_apart,
)

Rule = Callable[[Path], Iterator[str]]
LONG = "def f():\n" + "    pass\n" * 70
SOUND = {
    "harness/__init__.py": "",
    "harness/engine/run.py": "from harness.panel import Panel\n",
    "harness/dashboard/now.py": "from harness.store import ledger\n",
    "harness/panel.py": "class Panel:\n    detectors = 0\n",
    "harness/store/ledger.py": "import harness\n",
    "harness/subjects/reducer/__init__.py": "",
    "harness/subjects/reducer/panel.py": "from harness.engine import run\n",
    "harness/subjects/detector/__init__.py": "",
    "harness/cli/run.py": "from harness.engine.run import x\n",
    "tests/test_x.py": "def test():\n    pass\n",
}
# The rule, a file that breaks it, and what is said of it.
TO_DETECTOR = {"harness/subjects/reducer/panel.py": "import harness.subjects.detector\n"}
TO_COMMAND = {"harness/subjects/detector/x.py": "def f():\n    from harness.cli import run\n"}
UPWARDS = {"harness/store/ledger.py": "from harness.engine import run\n"}
RUNS = {"harness/dashboard/now.py": "def f():\n    from harness.engine.run import x\n"}
ROUND = {"harness/panel.py": "def f():\n    from harness.engine import run\n"}
BROKEN: list[tuple[Rule, dict[str, str], str]] = [
    (no_subject_is_named, {"harness/engine/run.py": "X = 1\nif x == 'reducer': pass\n"}, "run.py:2 names the subject reducer"),
    (no_subject_is_named, {"harness/cli/run.py": "from harness.subjects.detector import x\n"}, "names the subject detector"),
    (no_subject_is_named, {"harness/panel.py": "# Of the reducer alone.\n"}, "panel.py:1 names the subject reducer"),
    (subjects_stay_apart, TO_DETECTOR, "imports harness.subjects.detector"),
    (subjects_stay_apart, TO_COMMAND, "imports harness.cli.run"),
    (low_folders_import_nothing_above, UPWARDS, "store.ledger imports harness.engine.run"),
    (dashboards_run_nothing, RUNS, "dashboard.now imports harness.engine.run"),
    (no_circles, ROUND, "harness.engine.run -> harness.panel -> harness.engine.run"),
    (nothing_is_too_long, {"harness/panel.py": "X = 1\n" * 301}, "harness/panel.py has 301 lines"),
    (nothing_is_too_long, {"tests/test_x.py": LONG}, "tests/test_x.py:1 f has 71 lines"),
]
IDS = [f"{rule.__name__}-{number}" for number, (rule, *_) in enumerate(BROKEN)]


def house(root: Path, changed: dict[str, str]) -> Path:
    """A small house, with some files changed."""
    for name, text in {**SOUND, **changed}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_house_breaks_no_rule(rule: Rule, tmp_path: Path) -> None:
    assert list(rule(house(tmp_path, {}))) == []


@pytest.mark.parametrize(("rule", "changed", "said"), BROKEN, ids=IDS)
def test_a_broken_rule_is_named_with_its_place(rule: Rule, changed: dict[str, str], said: str, tmp_path: Path) -> None:
    found = list(rule(house(tmp_path, changed)))
    assert len(found) == 1, found
    assert said in found[0]


def test_every_rule_is_seen_to_fail() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)
