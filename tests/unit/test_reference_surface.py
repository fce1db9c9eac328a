"""The reference is what the contract says, and needs nothing but Python."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import state_machine as sm
from reducer.contract import contract
from tests.adapter.traffic import start, walk

ROOT = Path(__file__).resolve().parents[2]

# Appendix C.0 of the specification, and what section 8 of the reducer's contract adds.
SURFACE = [
    "PairState", "EngineConfig", "OrderState", "RecoveryOrder", "CycleRecord", "PlaceOrderAction", "CancelOrderAction",
    "OrphanOrderAction", "BookCycleAction", "PriceTick", "TimerTick", "FillEvent", "RecoveryFillEvent",
    "RecoveryCancelEvent", "Action", "Event", "transition", "check_invariants", "derive_phase", "compute_order_volume",
    "add_entry_order", "find_order", "remove_order", "remove_recovery", "apply_order_txid", "bootstrap_orders",
    "to_dict", "from_dict", "PairPhase", "Side", "Role", "TradeId", "entry_backoff_multiplier", "apply_recovery_txid",
]  # fmt: skip


def test_it_exports_the_whole_surface_and_nothing_else() -> None:
    assert sorted(sm.__all__) == sorted(SURFACE)
    assert all(hasattr(sm, name) for name in SURFACE)


def test_it_is_the_contract() -> None:
    assert contract() == json.loads((ROOT / "golden" / "reducer" / "contract.json").read_text())["reducer"]


def test_it_imports_with_the_standard_library_alone() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import state_machine as sm\n"
        "state, actions = sm.transition(sm.PairState(0.1, 0.0), sm.TimerTick(1.0), sm.EngineConfig(), 2.0)\n"
        "assert state.now == 1.0\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('xxhash', 'msgspec', 'numpy', 'harness')))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("name", ["PairState", "OrderState", "CycleRecord", "EngineConfig", "PriceTick"])
def test_its_types_are_frozen_dataclasses(name: str) -> None:
    cls = getattr(sm, name)
    assert dataclasses.is_dataclass(cls)
    required = [field for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING]
    value = cls(*([1] * len(required)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(cls)[0].name, 2)


def test_a_checked_state_looks_copies_and_pickles_like_any_other() -> None:
    *_, (_, _, state, _) = walk(1, 50)
    assert set(vars(state)) == {field.name for field in dataclasses.fields(state)}
    for other in (copy.copy(state), copy.deepcopy(state), pickle.loads(pickle.dumps(state)), sm.from_dict(sm.to_dict(state))):
        assert other == state
        assert repr(other) == repr(state)


def test_a_transition_changes_nothing_that_it_was_given() -> None:
    state = start()
    before = repr(state)
    sm.transition(state, sm.PriceTick(0.05, 1.0), sm.EngineConfig(), 2.0)
    assert repr(state) == before


def test_a_copy_is_checked_again() -> None:
    *_, (_, _, state, _) = walk(1, 5)
    broken = dataclasses.replace(state, total_profit=float("nan"))
    with pytest.raises(ValueError, match=r"state\.total_profit: must be finite, got NaN"):
        sm.transition(broken, sm.TimerTick(1.0), sm.EngineConfig(), 2.0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("hold", "B", 1), "side: must be one of buy, sell"),
        (("buy", "C", 1), "trade_id: must be one of A, B"),
        (("buy", "B", 1.5), "cycle: expected an integer, got a number"),
        (("buy", "B", 2**63), "cycle: must fit in 64 bits"),
    ],
)
def test_an_order_by_hand_cannot_leave_the_domain(arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        sm.add_entry_order(start(), sm.EngineConfig(), *arguments, 2.0)


def test_bootstrapped_states_can_be_saved_and_loaded() -> None:
    cfg = sm.EngineConfig(min_volume=1.0, entry_pct_b=100.0)
    state, _, _ = sm.bootstrap_orders(sm.PairState(0.1, 1.0), cfg, 20.0, 1, 1)  # type: ignore[arg-type]
    assert state.short_only is True
    assert sm.from_dict(sm.to_dict(state)) == state


ORDER: dict[str, Any] = {
    "local_id": 1, "side": "buy", "role": "entry", "price": 0.1, "volume": 20.0, "trade_id": "B", "cycle": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"market_price": math.nan}, "market_price: must be finite, got NaN"),
        ({"now": math.inf}, "now: must be finite, got Infinity"),
        ({"s2_entered_at": -math.inf}, "s2_entered_at: must be finite, got -Infinity"),
        ({"cooldown_until_a": -math.inf}, "cooldown_until_a: must be finite or Infinity, got -Infinity"),
        ({"cooldown_until_b": math.nan}, "cooldown_until_b: must be finite or Infinity, got NaN"),
        ({"cycle_a": 2**63}, "cycle_a: must fit in 64 bits"),
        ({"cycle_a": True}, "cycle_a: expected an integer, got a boolean"),
        ({"long_only": 1}, "long_only: expected true or false, got a number"),
        ({"orders": [{**ORDER, "price": math.nan}]}, "orders[0].price: must be finite, got NaN"),
        ({"orders": [{**ORDER, "volume": math.inf}]}, "orders[0].volume: must be finite, got Infinity"),
    ],
)
def test_a_snapshot_of_a_python_caller_is_read_as_strictly_as_one_of_the_wire(fields: dict[str, Any], sentence: str) -> None:
    # JSON has no literal for these, so that no case of the wire brings them.
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        sm.from_dict(fields)


def test_what_a_snapshot_may_hold_is_read_as_it_is() -> None:
    state = sm.from_dict({"cooldown_until_a": math.inf, "market_price": -0.0, "cycle_a": -(2**63), "orders": [ORDER]})
    assert (state.cooldown_until_a, math.copysign(1.0, state.market_price), state.cycle_a) == (math.inf, -1.0, -(2**63))
    assert sm.from_dict({"market_price": 3}).market_price == 3.0
    assert type(sm.from_dict({"market_price": 3}).market_price) is float
