"""Who stands alone among ports that disagree."""

from __future__ import annotations

from harness.comparators.divergence import Divergence
from harness.engine.majority import Differs, vote


def at(step: int) -> Divergence:
    path = f"$.steps[{step}].phase"
    return Divergence(path=path, kind="value", reference="S0", candidate="S2", step=step, event={"_type": "FillEvent"})


def differing(answers: dict[str, str], step: int = 4) -> Differs:
    return lambda one, other: None if answers[one] == answers[other] else at(step)


def test_the_one_against_two_is_odd() -> None:
    for odd in ("python", "haskell", "exe:x"):
        answers = {name: "x" if name == odd else "y" for name in ("python", "haskell", "exe:x")}
        found = vote(list(answers), differing(answers))
        assert found.odd == (odd,)
        assert found.step == 4
        assert found.sentence.startswith(f"odd one out: {odd}; ")
        assert found.sentence.endswith("first at $.steps[4].phase (FillEvent)")


def test_two_ports_have_no_odd_one_out() -> None:
    found = vote(["python", "haskell"], differing({"python": "x", "haskell": "y"}))
    assert found.odd == ()
    assert "a third port could tell" in found.sentence


def test_three_answers_have_no_majority() -> None:
    found = vote(["python", "haskell", "exe:x"], differing({"python": "x", "haskell": "y", "exe:x": "z"}))
    assert found.odd == ()
    assert found.sentence.startswith("no majority agrees: python | haskell | exe:x")


def test_all_agree() -> None:
    found = vote(["python", "haskell"], differing({"python": "x", "haskell": "x"}))
    assert (found.odd, found.step, found.sentence) == ((), None, "python and haskell agree")


def test_the_earliest_step_is_named() -> None:
    steps = {("python", "haskell"): 7, ("python", "exe:x"): 2, ("haskell", "exe:x"): 5}
    found = vote(["python", "haskell", "exe:x"], lambda one, other: at(steps[one, other]))
    assert found.step == 2
