"""A drill holds only if the candidate had its share in it, and each call is counted to the step in which it began."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import doge_core
import state_machine as sm
from harness.cli.drill import _held
from harness.drill import Step, answered_share
from harness.gate.judge import Status
from harness.gate.policy import read_policy
from harness.store.ledger import Ledger
from harness.subjects.reducer.drills.load import Load
from tests.faults.test_drills import ROOT, drill
from tests.gate.ledgers import digests, edited, fill, gate, named, satisfying
from tests.shadow.priority import hurried

LIAR = """
import sys
sys.path.insert(0, {root!r})
from dataclasses import replace
from reducer import transition, wire, wire_session
right = transition.transition
def lies(*call):
    after, actions = right(*call)
    return replace(after, market_price=after.market_price + 1.0), actions
wire.transition = wire_session.transition = lies
sys.exit(wire.main(sys.argv[1:]))
"""


def script(folder: Path, text: str) -> str:
    exe = folder / "candidate"
    exe.write_text(text)
    exe.chmod(0o755)
    return str(exe)


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The candidate ends at once, with nothing said."""
    monkeypatch.setenv("DOGE_CORE_EXE", script(tmp_path, "#!/bin/sh\nexit 3\n"))


@pytest.fixture
def liar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The candidate answers every call, and wrongly."""
    (tmp_path / "liar.py").write_text(LIAR.format(root=str(ROOT)))
    monkeypatch.setenv("DOGE_CORE_EXE", script(tmp_path, f'#!/bin/sh\nexec {sys.executable} {tmp_path / "liar.py"} "$@"\n'))


@pytest.mark.usefixtures("dead")
def test_a_rollback_from_a_candidate_that_never_answered_does_not_hold(tmp_path: Path) -> None:
    code, found, _ = drill(tmp_path, "rollback", "--step-sec", "0.2")
    assert code == 1
    assert [(step["answered"], step["sound"]) for step in found["steps"]] == [(0, False)] * 6
    assert all((step["lost"], step["unequal"]) == (0, 0) for step in found["steps"])
    assert "answered_share" in gate_says(tmp_path, "3.rollback")


@pytest.mark.usefixtures("dead")
def test_a_rollout_to_a_candidate_that_never_answered_does_not_hold(tmp_path: Path) -> None:
    code, found, _ = drill(tmp_path, "rollout", "--step-sec", "0.3")
    steps = {step["name"]: step for step in found["steps"]}
    assert code == 1
    assert (steps["shadow"]["compared"], steps["shadow"]["sound"]) == (0, False)
    assert (steps["haskell"]["answered"], steps["haskell"]["answered_by"], steps["haskell"]["sound"]) == (0, "python", False)
    assert steps["haskell"]["fallbacks"]
    assert steps["python"]["sound"]


@pytest.mark.usefixtures("liar")
@hurried()
def test_a_rollout_asks_the_candidate_that_was_chosen_and_blames_nobody_else(tmp_path: Path) -> None:
    code, found, said = drill(tmp_path, "rollout", "--step-sec", "0.5")
    steps = {step["name"]: step for step in found["steps"]}
    assert code == 1, said
    assert steps["haskell"]["unequal"] == steps["haskell"]["calls"] > 10
    assert steps["shadow"]["divergent"] > 10
    assert not steps["shadow"]["sound"]
    assert (steps["python"]["unequal"], steps["shadow"]["unequal"], steps["python again"]["unequal"]) == (0, 0, 0)


@pytest.mark.usefixtures("liar")
def test_wrong_answers_before_the_breakage_count(tmp_path: Path) -> None:
    code, found, _ = drill(tmp_path, "rollback", "--step-sec", "0.2")
    killed = found["steps"][0]
    assert code == 1
    assert killed["unequal"] >= killed["answered"] > 0


def gate_says(tmp_path: Path, criterion: str) -> str:
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}", make=False)
    # The candidate of this test is another one than that of the tests before.
    digests.cache_clear()
    found = named(gate(*ledger.evidence(), now=time.time()))[criterion]
    digests.cache_clear()
    ledger.close()
    assert found.status is Status.NO_GO
    return found.reason


@pytest.mark.parametrize(("share", "status"), [(0.9, Status.GO), (0.89, Status.NO_GO), (None, Status.NO_GO)])
def test_the_gate_wants_a_rollback_of_a_candidate_that_answered(share: float | None, status: Status, tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")

    def changed(evidence: Any) -> Any:
        figures = {name: figure for name, figure in evidence.figures.items() if name != "answered_share"}
        if share is not None:
            figures["answered_share"] = replace(evidence.figures["answered_share"], value=share)
        return replace(evidence, figures=figures)

    fill(ledger, edited(satisfying(read_policy()), "drill", "", changed))
    assert named(gate(*ledger.evidence()))["3.rollback"].status is status
    ledger.close()


def step(**known: Any) -> Step:
    return Step(**{"name": "x", "calls": 10, "lost": 0, "doubled": 0, "unequal": 0, "slowest_sec": 0.0, **known})


@pytest.mark.parametrize(
    ("known", "sound"),
    [
        ({}, True),
        ({"asked": 10, "answered": 9}, True),
        ({"asked": 10, "answered": 8}, False),
        ({"asked": 0, "answered": 0}, False),
        ({"asked": 10, "compared": 10, "divergent": 0}, True),
        ({"asked": 10, "compared": 8, "divergent": 0}, False),
        ({"asked": 10, "compared": 10, "divergent": 1}, False),
        ({"unequal": 1}, False),
    ],
)
def test_a_step_is_sound_by_what_its_candidate_did(known: dict[str, Any], sound: bool) -> None:
    assert step(**known).sound is sound


def test_a_drill_whose_steps_say_nothing_of_the_candidate_does_not_hold() -> None:
    answered, compared = step(asked=10, answered=10), step(asked=10, compared=10, divergent=0)
    assert _held("rollback", [answered, answered])
    assert not _held("rollback", [answered, step()])
    assert _held("rollout", [step(), compared, answered])
    assert not _held("rollout", [step(), answered])
    assert not _held("rollout", [step(), compared])
    assert not _held("rollback", [])
    assert answered_share([step(), answered, step(asked=10, answered=9)]) == 0.9


def test_a_call_belongs_to_the_counts_in_which_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, answer = threading.Event(), threading.Event()

    def waits(*call: Any) -> Any:
        begun.set()
        answer.wait(20.0)
        after, actions = sm.transition(*call)
        return after, [*actions, "one more"]

    monkeypatch.setattr(doge_core, "transition", waits)
    load = Load()
    load.start()
    assert begun.wait(20.0)
    with load.between_calls() as earlier:
        monkeypatch.setattr(doge_core, "transition", sm.transition)
    answer.set()
    assert load.next_answer(time.monotonic(), 20.0) is not None
    load.stop()
    assert (earlier.calls, earlier.unequal, load.counts.unequal) == (1, 1, 0)
    assert load.counts.calls > 0
