"""A mutant is asked only cases that execute a line that it changes: no case is left out that could kill it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.forks import Forks
from harness.mutants.hunt import Hunted, Prepared, prepare
from harness.mutants.lines import executing, lines_of
from harness.panel import REFERENCE, Depth, PortRequest
from harness.subjects.reducer.mutants.mutations import REDUCER as SOURCE
from reducer.pricing import size_for
from tests.subjects import REDUCER

CASES = 50


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return all_mutants(SOURCE)


@pytest.fixture(scope="module")
def cases() -> Iterator[list[Prepared]]:
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        yield list(prepare(REDUCER, panel, 0, CASES, trace=SOURCE.package))


def fate_of(mutant: Mutant, cases: list[Prepared]) -> Hunted:
    [(_, hunted)] = list(Forks(REDUCER, cases, workers=1).run([mutant]))
    return replace(hunted, seconds=0.0)


def test_lines_are_those_that_were_executed() -> None:
    with executing("reducer") as executed:
        size_for("A", 2.0, None)
    assert executed is not None
    first = size_for.__code__.co_firstlineno
    assert dict(executed) == {"pricing": {first + 2, first + 4}}, "the condition, and the line after what it guards"


def test_a_change_has_the_lines_of_its_statement_or_of_the_head_of_its_statement(made: list[Mutant]) -> None:
    for mutant in made:
        lines = lines_of(mutant)
        assert mutant.line in lines, mutant.id
    condition = next(each for each in made if (each.where, each.before) == ("pricing.entry_price", "price <= 0"))
    assert len(lines_of(condition)) == 1, "what a condition guards is not its own"


def test_a_case_that_is_compared_thoroughly_is_asked_whatever_its_replay_executes(cases: list[Prepared]) -> None:
    assert {each.depth for each in cases if each.executed is None} == {Depth.THOROUGH}
    assert {each.depth for each in cases if each.executed is not None} == {Depth.PLAIN}


def test_no_kill_is_lost(made: list[Mutant], cases: list[Prepared]) -> None:
    everywhere = [replace(each, executed=None) for each in cases]
    spared = 0
    for mutant in made[7::90]:
        assert fate_of(mutant, cases) == fate_of(mutant, everywhere), mutant.id
        spared += sum(not each.concerns(mutant) for each in cases)
    assert spared > 0
