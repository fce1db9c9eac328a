"""The generator: simplest first, the same everywhere, and it gets where the branches are."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings

import state_machine as sm
from generators.dial import Dial
from generators.reducer import strategies
from generators.reducer.bulk import generate_case, generate_cases
from generators.reducer.case import Case, from_json, to_line
from generators.reducer.choices import FLAVOURS, CaseChoices, decode_case
from generators.reducer.configs import FIELD_COUNT, OPTIONS, decode_config
from harness.coverage.branches import measure
from harness.engine.met import Met, never_met
from harness.subjects.reducer.cases import CASES_TO_MEET_ALL, CASES_TO_MEET_FIELDS, FIELDS, ReducerTally, unusual_fields
from harness.subjects.reducer.ports.python import PythonPort
from harness.subjects.registry import subject_called
from reducer.types import EngineConfig

SHRINKING = settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def replayed(case: Case) -> Any:
    return PythonPort().replay(case).answer


def test_zero_is_the_simplest_choice_of_every_kind() -> None:
    dial = Dial(0)
    assert (dial.pick(5), dial.of("abc"), dial.flag(2), dial.fraction()) == (0, "a", False, 0.0)
    assert decode_config([]) == decode_config([0] * FIELD_COUNT) == EngineConfig()
    assert [options[0] for options in OPTIONS.values()] == [getattr(EngineConfig(), name) for name in OPTIONS]


def test_no_choices_make_a_sound_pair_without_events() -> None:
    case = decode_case(CaseChoices(), name="simplest", metadata={})
    assert case.events == ()
    assert [order["role"] for order in case.state["orders"]] == ["entry", "entry"]
    assert sm.check_invariants(sm.from_dict(case.state)) == []


def test_a_case_does_not_depend_on_those_before_it() -> None:
    assert list(generate_cases(5, 6))[4] == generate_case(5, 4)
    assert generate_case(5, 4) != generate_case(6, 4)
    assert generate_case(5, 4) != generate_case(5, 3)


def test_a_case_survives_being_written_down() -> None:
    for case in generate_cases(8, 40, events_max=7):
        assert len(case.events) <= 7
        again = from_json(json.loads(json.dumps(case.to_json(), allow_nan=False)))
        assert to_line(again.request()) == to_line(case.request())
        assert again.metadata == {"source": "generated", "seed": 8, "index": case.metadata["index"], "events_max": 7}


@pytest.mark.parametrize("name", ["name", "state", "config", "order_size_usd", "events"])
def test_a_case_that_lacks_a_field_is_refused_by_its_name(name: str) -> None:
    plain = generate_case(8, 0).to_json()
    del plain[name]
    with pytest.raises(ValueError, match=f"case.{name}: is missing"):
        from_json(plain)


@pytest.mark.parametrize(("index", "events_max"), [(-1, 5), (0, 0)])
def test_impossible_arguments_are_refused(index: int, events_max: int) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        generate_case(0, index, events_max=events_max)
    with pytest.raises(ValueError, match="flavour must be"):
        strategies.event_streams(flavour=len(FLAVOURS))
    with pytest.raises(ValueError, match="max_flavour must be"):
        strategies.cases(max_flavour=-1)


def test_a_booked_cycle_shrinks_to_two_fills_of_a_plain_case() -> None:
    def books(case: Case) -> bool:
        steps = replayed(case).get("steps", [])
        return any(action["_type"] == "BookCycleAction" for step in steps for action in step.get("actions", []))

    case = find(strategies.cases(max_events=5, max_flavour=0), books, settings=SHRINKING, random=random.Random(3))
    assert len(case.events) <= 2
    assert sum(case.config[name] != options[0] for name, options in OPTIONS.items()) == 0


@given(strategies.states())
@settings(deadline=None, max_examples=50)
def test_reachable_states_survive_a_round_trip(state: sm.PairState) -> None:
    assert sm.from_dict(sm.to_dict(state)) == state


@given(strategies.adversarial_states(broken=True))
@settings(deadline=None, max_examples=100)
def test_broken_states_are_read_or_refused_but_never_crash(state: object) -> None:
    case = Case(name="broken", state=state, config={}, order_size_usd=2.0)
    assert set(replayed(case)) in ({"steps", "state"}, {"error", "kind"})


def test_generated_cases_meet_every_phase_event_and_action() -> None:
    met = Met(ReducerTally())
    for case in generate_cases(11, 300):
        met.add(case, PythonPort().replay(case))
    assert met.never_met() == []
    assert met.counts["refused"]["step: OverflowError"] > 0
    assert met.counts["refused"]["step: TypeError"] > 0
    assert met.counts["reason"]["recovery_cap_evict_priority"] > 0


def test_a_tally_names_what_was_never_met() -> None:
    met = Met(ReducerTally())
    case = Case(name="one", state={}, config={}, order_size_usd=2.0, events=({"_type": "TimerTick", "timestamp": 1.0},))
    met.add(case, PythonPort().replay(case))
    assert met.never_met() == [], "one case is a spot check"
    missing = never_met(met.tally, CASES_TO_MEET_ALL, met.counts)
    assert "phase S0" not in missing
    assert {"phase S2", "event FillEvent", "action BookCycleAction"} <= set(missing)
    assert not any(name.startswith("field ") for name in missing)
    fields = [name for name in never_met(met.tally, CASES_TO_MEET_FIELDS, met.counts) if name.startswith("field ")]
    assert fields == [f"field {name}" for name in FIELDS]


def test_a_night_has_to_meet_every_field_and_a_run_before_a_merge_does_not() -> None:
    wanted = {
        cases: "field" in ReducerTally().wanted(cases) for cases in (subject_called("reducer").defaults.sequences, 100_000)
    }
    assert list(wanted.values()) == [False, True]


def test_a_field_is_met_where_it_begins_with_another_value_than_its_default() -> None:
    order = {"local_id": 1, "side": "buy", "role": "entry", "price": 0.1, "volume": 20.0, "trade_id": "B", "cycle": 1}
    state = {"cycle_a": 1, "cycle_b": 2, "orders": [order | {"txid": "T"}], "recovery_orders": []}
    assert unusual_fields(state) == {"PairState.cycle_b", "PairState.orders", "OrderState.txid"}


def test_generated_cases_alone_reach_nearly_every_branch() -> None:
    report = measure("reducer", sequences=700, seed=2)
    assert report.covered_pct > 90.0, report.text()
    # What they cannot reach elsewhere is what only a Python caller or another method can ask for.
    for module in ("booking", "transition", "invariants"):
        assert report.missing[module] == [], report.text()
