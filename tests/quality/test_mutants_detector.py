"""`parity mutants --subject detector`: the detector's own code is mutated, and judged as a fuzz run judges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from harness.cli.main import main
from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.equivalents import Equivalent, equivalents_of
from harness.mutants.forks import Forks
from harness.mutants.historical import GoneError, Historical
from harness.mutants.hunt import Hunted, Injected, Prepared, prepare
from harness.mutants.operators import EXPRESSIONS
from harness.mutants.report import Row, exit_code_of
from harness.panel import REFERENCE, Availability, PortRequest
from harness.subjects.detector.mutants.equivalents import EQUIVALENTS
from harness.subjects.detector.mutants.historical import HISTORICAL
from harness.subjects.detector.mutants.mutations import DETECTOR as SOURCE
from harness.subjects.detector.mutants.mutations import UNREACHABLE
from harness.subjects.detector.ports.modules import DetectorPort
from harness.subjects.detector.ports.threads import one_thread
from tests.subjects import DETECTOR

CASES = 12
_bug = partial(Historical, package="detector", name="bad", change="")


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return all_mutants(SOURCE)


@pytest.fixture(scope="module")
def cases() -> Iterator[list[Prepared]]:
    with one_thread(), DETECTOR.open(PortRequest(names=(REFERENCE,))) as panel:
        yield list(prepare(DETECTOR, panel, 0, CASES, trace="detector"))


def fate_of(mutant: Injected, cases: list[Prepared]) -> Hunted:
    [(_, hunted)] = list(Forks(DETECTOR, cases, workers=1).run([mutant]))
    return hunted


def one(made: list[Mutant], where: str, change: str) -> Mutant:
    return next(mutant for mutant in made if mutant.where == where and mutant.change == change)


def test_every_module_that_decides_something_has_mutants(made: list[Mutant]) -> None:
    assert len(made) > 1000
    assert len({mutant.id for mutant in made}) == len(made)
    assert {mutant.module for mutant in made} == set(SOURCE.modules)
    assert {mutant.where for mutant in made}.isdisjoint(UNREACHABLE)
    assert {mutant.operator for mutant in made} <= {*EXPRESSIONS, "assignment", "early_end"}


def test_named_numbers_and_defaults_are_mutated_too(made: list[Mutant]) -> None:
    wheres = {mutant.where for mutant in made if not mutant.is_function}
    assert {"features.ZERO_STAND_IN", "training.SEED", "features.FeatureExtractor.rsi_period", "config.DEFAULTS"} <= wheres


def test_a_mutant_is_killed_by_the_first_detector_that_lives(made: list[Mutant], cases: list[Prepared]) -> None:
    # A script of calls can make a detector, too.
    lives = [each for each in cases if each.case.kind != "functions"]
    hunted = fate_of(one(made, "features.ema", "span + 1.0 -> span - 1.0"), lives)
    assert (hunted.fate, hunted.path) == ("killed", "$.features.last_observation[0][0]")
    assert hunted.sequences == next(place for place, each in enumerate(lives) if each.case.kind in ("detector", "features")) + 1


def test_an_equivalent_mutant_survives(cases: list[Prepared]) -> None:
    same = _bug(module="features", old="alpha * value + (1.0", new="value * alpha + (1.0")
    assert fate_of(same, cases) == Hunted(
        fate="survived", sequences=CASES, seconds=pytest.approx(0.0, abs=120.0), asked=CASES, cases=CASES
    )


def test_an_argument_whose_mutant_is_killed_fails_the_run(made: list[Mutant], cases: list[Prepared]) -> None:
    mutant = one(made, "features.ema", "span + 1.0 -> span - 1.0")
    wrong = Equivalent("features.ema", "arithmetic:Add_Sub", "span + 1.0 -> span - 1.0", "nobody can see it")
    assert mutant.id not in equivalents_of(made, EQUIVALENTS)
    row = Row(mutant=mutant, hunted=fate_of(mutant, cases), equivalent=wrong)
    assert (row.status, exit_code_of([row])) == ("REFUTED", 1)


def test_a_mutant_that_hangs_is_killed(cases: list[Prepared], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DETECTOR.mutations, "hang_sec", 0.5)
    monkeypatch.setattr(DETECTOR.mutations, "hang_times", 1.0)
    old = "    alpha = 2.0 / (span + 1.0)\n"
    assert fate_of(_bug(module="features", old=old, new="    while True: pass\n"), cases).fate == "hung"


def test_a_mutant_whose_detector_cannot_be_made_is_killed(cases: list[Prepared]) -> None:
    old = "        self._trained = False\n        self._last"
    lives = [each for each in cases if each.case.kind != "functions"]
    hunted = fate_of(_bug(module="regime_detector", old=old, new="        raise KeyError('no')\n        self._last"), lives)
    assert (hunted.fate, hunted.path) == ("killed", "$")


def test_a_module_that_cannot_be_imported_measures_nothing(cases: list[Prepared]) -> None:
    hunted = fate_of(_bug(module="features", old="import math\n", new="import no_such_module\n"), cases)
    assert (hunted.fate, hunted.killed) == ("stillborn", False)


def test_a_case_is_asked_only_if_it_reaches_the_mutated_line(made: list[Mutant], cases: list[Prepared]) -> None:
    life = next(each for each in cases if each.case.kind == "detector")
    average, grid = one(made, "features.ema", "span + 1.0 -> span - 1.0"), one(made, "blending._grid", "'mode' -> 'mode~'")
    assert life.concerns(average)
    assert not life.concerns(grid)
    seed = one(made, "training.SEED", "42 -> 43")
    assert life.concerns(seed)
    assert not any(each.concerns(seed) for each in cases if each.case.kind in ("em", "fit", "inference"))


def test_asking_every_case_finds_no_more_than_asking_those_that_execute(made: list[Mutant], cases: list[Prepared]) -> None:
    # Were a line executed unnoticed, its mutants would survive: so all cases are asked, and the verdict is the same.
    everywhere = [replace(each, executed=None) for each in cases]
    for mutant in made[40::320]:
        told, asked = fate_of(mutant, cases), fate_of(mutant, everywhere)
        assert (told.fate, told.sequences, told.path) == (asked.fate, asked.sequences, asked.path), mutant.id


def test_every_argument_of_equivalence_names_a_mutant(made: list[Mutant]) -> None:
    named = equivalents_of(made, EQUIVALENTS)
    assert {entry.why for entry in named.values()} == {entry.why for entry in EQUIVALENTS}


@pytest.mark.parametrize("bug", HISTORICAL, ids=lambda bug: bug.name)
def test_every_historical_bug_has_a_place(bug: Historical) -> None:
    compile(bug.tree(), bug.id, "exec")


def test_a_bug_that_the_detector_no_longer_has_a_place_for_is_refused() -> None:
    with pytest.raises(GoneError, match=r"detector.features does not contain 'no such line' exactly once"):
        _bug(module="features", old="no such line", new="").tree()


def test_the_command_reports_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--subject", "detector", "--only", "historical:prior_*", "--sequences", "4", "--workers", "1", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(["mutants", *arguments])
    report = json.loads(capsys.readouterr().out)
    assert ended.value.code == report["exit_code"] == 0
    assert [(row["id"], row["status"]) for row in report["mutants"]] == [("historical:prior_of_zero", "killed")]


def test_a_missing_reference_is_missing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Availability(available=False, reason="no hmmlearn", remedy="install it")
    monkeypatch.setattr(DetectorPort, "availability", lambda _: gone)
    with pytest.raises(SystemExit) as ended:
        main(["mutants", "--subject", "detector", "--only", "historical:prior_*"])
    assert ended.value.code == 3
    assert "MISSING: port python: no hmmlearn; install it" in capsys.readouterr().err


def test_shrinking_is_refused_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mutants", "--subject", "detector", "--shrink", "5"])
    assert ended.value.code == 2
    assert "--shrink: means nothing to the subject detector; leave it out" in capsys.readouterr().err
