"""How surely a mutant would be killed by another seed."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.forks import Forks
from harness.mutants.hunt import Hunted, prepare
from harness.mutants.report import Row, print_chances
from harness.panel import REFERENCE, PortRequest
from harness.subjects.reducer.mutants.mutations import REDUCER as SOURCE
from tests.subjects import REDUCER

CASES = 60


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return all_mutants(SOURCE)


def test_a_hunt_says_how_surely_another_seed_would_kill(made: list[Mutant]) -> None:
    change = "state.total_fees + event.fee -> state.total_fees - event.fee"
    mutant = next(each for each in made if (each.where, each.change) == ("transition.on_entry_fill", change))
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        cases = list(prepare(REDUCER, panel, 0, CASES))
    [(_, hunted)] = list(Forks(REDUCER, cases, workers=1).run([mutant]))
    assert REDUCER.mutations is not None
    wanted = REDUCER.mutations.kills_wanted
    assert (hunted.kills, hunted.cases) == (wanted, CASES)
    assert wanted <= hunted.asked < CASES
    rate = (wanted - 1) / (hunted.asked - 1)
    assert hunted.chance == pytest.approx(1.0 - (1.0 - rate) ** CASES)
    # Three kills in all of 2,000 cases: another seed misses the mutant in one run of twenty.
    rare = Hunted(fate="killed", sequences=17, seconds=0.1, kills=3, asked=2000, cases=2000)
    assert rare.chance == pytest.approx(0.95, abs=0.001)
    assert Hunted(fate="hung", sequences=1, seconds=9.0).chance is None


def test_a_kill_that_another_seed_may_miss_is_named(made: list[Mutant]) -> None:
    rare = Hunted(fate="killed", sequences=17, seconds=0.1, kills=3, asked=2000, cases=2000)
    sure = Hunted(fate="killed", sequences=1, seconds=0.1, kills=8, asked=40, cases=2000)
    console = Console(record=True, width=200, file=io.StringIO())
    print_chances(console, [Row(mutant=made[0], hunted=rare), Row(mutant=made[1], hunted=sure)])
    said = console.export_text()
    assert f"RARE {made[0].id}: 3 of 2,000 cases kill it" in said
    assert made[1].id not in said
    assert (
        "1 of 2 would be killed by 2,000 cases of another seed with a probability of 0.999 or more; the least is 0.95" in said
    )
