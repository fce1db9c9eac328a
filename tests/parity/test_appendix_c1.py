"""An adapter written from appendix C.1 of the specification alone, word for word, drives the executable."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import state_machine as _sm
from state_machine import BookCycleAction, CancelOrderAction, OrphanOrderAction, PlaceOrderAction
from tests.adapter.traffic import SIZE_USD, start, walk

Call = Callable[[str, dict[str, Any]], dict[str, Any]]


def one_shot(executable: Path) -> Call:
    """C.1's `_call_haskell`."""

    def call(method: str, payload: dict[str, Any]) -> dict[str, Any]:
        request = json.dumps({"method": method, **payload})
        result = subprocess.run([str(executable)], input=request, capture_output=True, text=True, timeout=5, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"Haskell process failed: {result.stderr}")
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    return call


def actions_from_json(raw_actions: list[dict[str, Any]]) -> list[Any]:
    """C.1's `_actions_from_json`."""
    action_map: dict[str, Any] = {
        "PlaceOrderAction": PlaceOrderAction,
        "CancelOrderAction": CancelOrderAction,
        "OrphanOrderAction": OrphanOrderAction,
        "BookCycleAction": BookCycleAction,
    }
    result = []
    for raw in raw_actions:
        action_type = raw.pop("_type")
        result.append(action_map[action_type](**raw))
    return result


def transition(
    call: Call, state: _sm.PairState, event: _sm.Event, cfg: _sm.EngineConfig, order_size_usd: float
) -> tuple[_sm.PairState, list[Any]]:
    """C.1's `transition`."""
    resp = call(
        "transition",
        {
            "state": _sm.to_dict(state),
            "event": asdict(event),
            "config": asdict(cfg),
            "order_size_usd": order_size_usd,
            "order_sizes": None,
        },
    )
    return _sm.from_dict(resp["state"]), actions_from_json(resp["actions"])


def test_it_returns_what_the_reference_returns(executable: Path) -> None:
    call = one_shot(executable)
    cfg = _sm.EngineConfig(price_decimals=5)
    for before, event, after, actions in walk(3, 120):
        got_state, got_actions = transition(call, before, event, cfg, SIZE_USD)
        assert repr(got_state) == repr(after)
        assert repr(got_actions) == repr(actions)
        assert call("check_invariants", {"state": _sm.to_dict(after)})["violations"] == _sm.check_invariants(after)


def test_infinities_as_python_writes_them_come_back(executable: Path) -> None:
    cfg = _sm.EngineConfig(price_decimals=5, reentry_base_cooldown_sec=math.inf, s1_orphan_after_sec=math.inf)
    call = one_shot(executable)
    state = start()
    order = state.orders[0]
    fill = _sm.FillEvent(order.local_id, "", order.side, order.price, order.volume, 0.0, 1.0)
    state, _ = transition(call, state, fill, cfg, SIZE_USD)
    out = state.orders[-1]
    exit_fill = _sm.FillEvent(out.local_id, "", out.side, out.price, out.volume, 0.0, 2.0)
    got, got_actions = transition(call, state, exit_fill, cfg, SIZE_USD)
    want, want_actions = _sm.transition(state, exit_fill, cfg, SIZE_USD)
    assert repr((got, got_actions)) == repr((want, want_actions))
    assert got.cooldown_until_b == math.inf


def test_a_bad_request_ends_with_two_and_a_sentence(executable: Path) -> None:
    call = one_shot(executable)
    with pytest.raises(RuntimeError, match=r"state\.market_price: expected a number, got a string"):
        call("check_invariants", {"state": {"market_price": "dear"}})
    result = subprocess.run([str(executable)], input="nonsense", capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.strip().count("\n") == 0
    assert result.stderr.startswith("request: is not JSON")
    assert "error" in json.loads(result.stdout)
