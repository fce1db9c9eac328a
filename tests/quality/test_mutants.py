"""`parity mutants`: the operators make what they say, nothing is written, and a mutant's fate is told rightly."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import reducer
from harness.cli.main import main
from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.equivalents import Equivalent, EquivalentsError, equivalents_of
from harness.mutants.forks import Forks
from harness.mutants.historical import GoneError
from harness.mutants.historical import Historical as Bug
from harness.mutants.hunt import Hunted, Injected, Prepared, prepare
from harness.mutants.operators import EXPRESSIONS
from harness.mutants.report import Row, exit_code_of
from harness.panel import REFERENCE, PortRequest
from harness.subjects.reducer.mutants.equivalents import EQUIVALENTS
from harness.subjects.reducer.mutants.historical import HISTORICAL
from harness.subjects.reducer.mutants.mutations import REDUCER as SOURCE
from harness.subjects.reducer.mutants.mutations import WORDS, injected_port
from harness.subjects.reducer.mutants.unreachable import UNREACHABLE
from tests.subjects import REDUCER

Historical = partial(Bug, package="reducer")


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return all_mutants(SOURCE)


@pytest.fixture(scope="module")
def cases() -> list[Prepared]:
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        return list(prepare(REDUCER, panel, 0, 60))


def changes_of(operator: str, source: str) -> set[str]:
    tree = ast.parse(source, mode="eval").body
    return {ast.unparse(change.new) for node in ast.walk(tree) for change in EXPRESSIONS[operator](node, WORDS)}


@pytest.mark.parametrize(
    ("operator", "source", "wanted"),
    [
        ("constant", "3", {"4", "2", "0", "-3"}),
        ("constant", "2.0", {"3.0", "1.0", "0.0", "-2.0", "2.2"}),
        ("comparison", "a < b", {"a <= b", "a >= b", "a > b"}),
        ("comparison", "a is None", {"a is not None"}),
        ("condition", "x if a and b else y", {"x if not (a and b) else y", "x if True else y", "x if False else y"}),
        ("arithmetic", "a * b / c", {"a * b * c", "a * b", "c", "a / b", "a", "b", "a * (b / c)"}),
        ("arithmetic", "-a", {"a"}),
        ("order", "[a, b, c]", {"[b, a, c]", "[a, c, b]"}),
        ("index", "ranked[:n]", {":n + 1", ":n - 1"}),
        ("index", "range(n)", {"range(n + 1)", "range(n - 1)"}),
        ("side", "'buy'", {"'sell'"}),
        ("side", "state.cycle_a", {"state.cycle_b"}),
        ("default", "a or b", {"a", "b"}),
        ("logic", "a and b", {"a or b", "a", "b"}),
        ("extreme", "max(a, b)", {"min(a, b)", "a", "b"}),
        ("boolean", "True", {"False"}),
    ],
)
def test_an_operator_makes_just_these_changes(operator: str, source: str, wanted: set[str]) -> None:
    assert changes_of(operator, source) == wanted


def test_roundings_that_are_not_pythons_are_among_the_mutants() -> None:
    made = changes_of("rounding", "round(x, n)")
    assert {"round(x, n + 1)", "round(x, n - 1)", "round(x * 10.0 ** n) / 10.0 ** n", "x"} <= made


def test_statements_are_dropped_and_swapped(made: list[Mutant]) -> None:
    found = {(mutant.where, mutant.operator, mutant.change) for mutant in made}
    assert ("transition.on_fill", "assignment", "state = remove_order(state, order.local_id) -> (left out)") in found
    assert ("orphaning.evict", "assignment", "actions.append(booked) -> (left out)") in found
    assert ("transition.on_price_tick", "early_end", "continue -> (left out)") in found
    assert any(mutant.operator == "order" and mutant.variant == "statements" for mutant in made)
    assert ("bootstrap.bootstrap_orders", "assignment", "short_only=short_only -> (left out)") in found


def test_there_are_hundreds_of_mutants_each_with_an_id_of_its_own(made: list[Mutant]) -> None:
    assert len(made) > 1000
    assert len({mutant.id for mutant in made}) == len(made)
    assert [mutant.id for mutant in all_mutants(SOURCE)] == [mutant.id for mutant in made]
    assert {mutant.operator for mutant in made} == {*EXPRESSIONS, "assignment", "early_end"}
    assert {mutant.where for mutant in made}.isdisjoint(UNREACHABLE)


def test_every_mutant_differs_from_the_source_in_one_place_and_the_source_stays(made: list[Mutant]) -> None:
    folder = Path(reducer.__file__).parent
    before = {path: path.read_bytes() for path in folder.glob("*.py")}
    for mutant in made[::37]:
        source = ast.unparse(ast.parse((folder / f"{mutant.module}.py").read_text(encoding="utf-8")))
        assert ast.unparse(mutant.tree()) != source, mutant.id
        compile(mutant.tree(), mutant.id, "exec")
    assert {path: path.read_bytes() for path in folder.glob("*.py")} == before


def one(made: list[Mutant], where: str, change: str) -> Mutant:
    return next(mutant for mutant in made if mutant.where == where and mutant.change == change)


def fate_of(mutant: Injected, cases: list[Prepared], *, shrink: bool = False) -> Hunted:
    [(_, hunted)] = list(Forks(REDUCER, cases, workers=1, shrunk={mutant.id} if shrink else set()).run([mutant]))
    return hunted


def test_a_mutant_is_killed_and_its_case_shrunk(made: list[Mutant], cases: list[Prepared]) -> None:
    mutant = one(made, "transition.on_entry_fill", "state.total_fees + event.fee -> state.total_fees - event.fee")
    hunted = fate_of(mutant, cases, shrink=True)
    assert (hunted.fate, hunted.killed) == ("killed", True)
    assert hunted.sequences < 20
    assert hunted.size_after == 1
    assert "total_fees" in hunted.path or "digest" in hunted.path


def test_naive_rounding_comes_down_to_two_events_at_most(cases: list[Prepared]) -> None:
    hunted = fate_of(HISTORICAL[0], cases, shrink=True)
    assert HISTORICAL[0].name == "naive_rounding"
    assert hunted.fate == "killed"
    assert hunted.seconds < 30.0
    assert hunted.size_after is not None
    assert hunted.size_after <= 2


def test_an_equivalent_mutant_survives(cases: list[Prepared]) -> None:
    same = Historical(name="same", module="pricing", change="none", old="price <= 0 or", new="0 >= price or")
    assert fate_of(same, cases) == Hunted(
        fate="survived", sequences=60, seconds=pytest.approx(0.0, abs=60.0), asked=60, cases=60
    )


@pytest.mark.parametrize(
    ("new", "fate"),
    [
        ("    while True: pass\n", "hung"),
        ("    sum(range(10**13))\n", "hung"),
        ("    import faulthandler, os; faulthandler.disable(); os.abort()\n", "died"),
        ("    raise KeyError('no such state')\n", "killed"),
    ],
)
def test_a_mutant_that_hangs_or_dies_is_killed(
    new: str, fate: str, cases: list[Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(REDUCER.mutations, "hang_sec", 0.5)
    old = "    market = state.market_price\n"
    hunted = fate_of(Historical(name="bad", module="pricing", change=fate, old=old, new=new), cases)
    assert (hunted.fate, hunted.killed) == (fate, True)
    assert 1 <= hunted.sequences < 20


@pytest.mark.parametrize(
    ("new", "how"),
    [("    import os; os.kill(os.getpid(), 9)\n", "SIGKILL"), ("    import os; os._exit(1)\n", "exit code 1")],
)
def test_a_lost_process_kills_no_mutant(new: str, how: str, cases: list[Prepared]) -> None:
    old = "    market = state.market_price\n"
    bug = Historical(name="bad", module="pricing", change=how, old=old, new=new)
    hunted = fate_of(bug, cases)
    assert (hunted.fate, hunted.killed, hunted.path) == ("lost", False, how)
    assert Row(mutant=bug, hunted=hunted).status == "LOST"
    assert exit_code_of([Row(mutant=bug, hunted=hunted)]) == 1


def test_too_little_memory_is_reported_and_kills_no_mutant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (600_000 * 1024, 600_000 * 1024))
    with pytest.raises(SystemExit) as ended:
        main(["mutants", "--only", "pricing:*"])
    assert ended.value.code == 2
    assert "ulimit -v: is 600000, and a mutant may need 4194304; raise it" in capsys.readouterr().err


def test_a_run_without_distinguishable_mutants_is_not_met(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mutants", "--only", "pricing:31:11:order:arguments_0", "--sequences", "1", "--workers", "1"])
    assert ended.value.code == 1
    assert (
        "none of these mutants can be distinguished from the reference, so nothing is shown: NOT MET" in capsys.readouterr().out
    )


def test_a_planted_bug_shows_in_the_methods_of_the_sessions() -> None:
    body = "def check_invariants(state: PairState) -> list[str]:\n"
    bug = Historical(name="bad", module="invariants", change="", old=body, new=f"{body}    raise ValueError('planted')\n")
    port = injected_port(bug.module, bug.tree())
    assert port.call("check_invariants", {"state": {}}).answer == {"error": "planted", "kind": "ValueError"}


def test_a_module_that_cannot_be_imported_measures_nothing(cases: list[Prepared]) -> None:
    broken = Historical(name="bad", module="pricing", change="", old="import math\n", new="import no_such_module\n")
    hunted = fate_of(broken, cases)
    assert (hunted.fate, hunted.killed) == ("stillborn", False)


def test_every_argument_of_equivalence_names_a_mutant(made: list[Mutant]) -> None:
    named = equivalents_of(made, EQUIVALENTS)
    assert {entry.why for entry in named.values()} == {entry.why for entry in EQUIVALENTS}


def test_an_argument_that_names_no_mutant_is_refused(made: list[Mutant]) -> None:
    stale = Equivalent("pricing.round_price", "constant:zero", "1 -> 0", "it was there once")
    with pytest.raises(EquivalentsError, match=r"pricing.round_price constant:zero: 1 -> 0"):
        equivalents_of(made, [*EQUIVALENTS, stale])


def test_an_argument_is_about_its_own_line_only(made: list[Mutant]) -> None:
    cap = Equivalent("orphaning.evict_overflow", "constant:minus_one", "1 -> 0", "", text="cap = max(1")
    below = Equivalent("orphaning.evict_overflow", "constant:minus_one", "1 -> 0", "", above="cap = max(1")
    named = {entry: [each.text for each in made if entry.names(each)] for entry in (cap, below)}
    assert named[cap] == ["cap = max(1, cfg.max_recovery_slots)"]
    assert named[below] == ["overflow = max(0, len(state.recovery_orders) + 1 - cap)"]


def test_an_argument_whose_mutant_is_killed_fails_the_run(made: list[Mutant]) -> None:
    killed = Hunted(fate="killed", sequences=1, seconds=0.1)
    argument = Equivalent("", "", "", "nobody can see it")
    assert Row(mutant=made[0], hunted=killed, equivalent=argument).status == "REFUTED"
    assert exit_code_of([Row(mutant=made[0], hunted=killed, equivalent=argument)]) == 1
    assert exit_code_of([Row(mutant=made[0], hunted=killed)]) == 0


def test_survivors_beyond_one_in_two_hundred_fail_the_run(made: list[Mutant]) -> None:
    killed = [Row(mutant=each, hunted=Hunted(fate="killed", sequences=1, seconds=0.1)) for each in made[:398]]
    seldom = Equivalent("", "", "", "shows where two zeros meet", rare=True)
    hunted = Hunted(fate="survived", sequences=9, seconds=0.1)
    survived = [Row(mutant=each, hunted=hunted, equivalent=seldom) for each in made[398:401]]
    assert [row.status for row in survived] == ["SURVIVED"] * 3
    assert exit_code_of([*killed, *survived[:2]]) == 0
    assert exit_code_of([*killed, *survived]) == 1


def test_a_survivor_without_an_argument_fails_the_run(made: list[Mutant]) -> None:
    killed = [Row(mutant=each, hunted=Hunted(fate="killed", sequences=1, seconds=0.1)) for each in made[:99]]
    survived = Row(mutant=made[99], hunted=Hunted(fate="survived", sequences=9, seconds=0.1))
    assert exit_code_of([*killed, survived]) == 1


def test_a_rare_mutant_may_be_killed(made: list[Mutant]) -> None:
    killed = Hunted(fate="killed", sequences=1, seconds=0.1)
    row = Row(mutant=made[0], hunted=killed, equivalent=Equivalent("", "", "", "seldom", rare=True))
    assert row.status == "killed"
    assert exit_code_of([row]) == 0


def test_a_historical_bug_that_the_reference_no_longer_has_a_place_for_is_refused() -> None:
    with pytest.raises(GoneError, match="does not contain 'no such line' exactly once"):
        Historical(name="gone", module="pricing", change="", old="no such line", new="").tree()


def test_the_command_reports_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["mutants", "--only", "historical:*fee", "--sequences", "20", "--workers", "1", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    report = json.loads(capsys.readouterr().out)
    assert ended.value.code == report["exit_code"] == 0
    assert [(row["id"], row["status"]) for row in report["mutants"]] == [("historical:forgets_quote_fee", "killed")]


@dataclass
class Refused:
    arguments: tuple[str, ...]
    said: str


@pytest.mark.parametrize(
    "refused",
    [
        Refused(("--only", "nothing:*"), "no mutant has such an id"),
        Refused(("--compiled", "--only", "historical:*"), "no compiled bug has such an id"),
        Refused(("--compiled", "--workers", "2"), "--workers: means nothing to --compiled"),
        Refused(("--compiled", "--subject", "detector"), "--subject: means nothing to --compiled"),
        Refused(("--compiled", "--shrink", "2"), "--shrink: means nothing to --compiled"),
    ],
    ids=["only", "compiled", "workers", "subject", "shrink"],
)
def test_bad_usage_is_one_sentence(refused: Refused, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mutants", *refused.arguments])
    assert ended.value.code == 2
    assert refused.said in capsys.readouterr().err
