"""Hostile request lines: broken, deep, long, mutated, and well-formed ones in between."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import state_machine as sm
from reducer.digest import state_digest
from reducer.requests import read_patch
from reducer.wire import handle_line, with_sessions
from tests.adapter.traffic import start

_TOKENS = [
    b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"true", b"1e999999999", b"-0.0", b"NaN", b"-Infinity", b"\\u0000",
    b"\\ud800", b"9223372036854775808", b"1" * 400, b"0.1e-400", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\\", b"\x7f",
    b'"state"', b'"event"', b'"method"', b'"session"', b'"digest"', b'"replay"', b"--", b"1.", b".5", b"01", b"1e",
    b"\r", b"\t",
]  # fmt: skip


def seeds() -> list[bytes]:
    """Well-formed requests of every method, to be broken."""
    state = sm.to_dict(start())
    config = {"price_decimals": 5}
    tick = {"_type": "PriceTick", "price": 0.09, "timestamp": 7.5}
    fill = {"order_local_id": 1, "txid": "t", "side": "buy", "price": 0.0998, "volume": 20.0, "fee": 0.1, "timestamp": 9.0}
    patch = {
        "now": 3.5,
        "orders": [1, {**state["orders"][0], "txid": "é"}],
        "completed_cycles": [],
        "cooldown_until_a": "Infinity",
    }
    common = {"state": state, "config": config, "order_size_usd": 2.0}
    requests = [
        {"method": "transition", **common, "event": fill, "order_sizes": {"A": 2.5}},
        {"method": "replay", **common, "events": [tick, fill, {"timestamp": 5000.0}]},
        {"method": "step", "session": 1, **common, "event": tick},
        {"method": "step", "session": 1, "digest": "0" * 16, "event": tick},
        {"method": "step", "session": 1, "digest": "0" * 16, "event": fill, "patch": patch, "order_size_usd": 3},
        {"method": "step", "session": 1, **common, "events": [tick, fill, {"timestamp": 5000.0}]},
        {
            "method": "step",
            "session": 1,
            "digest": "0" * 16,
            "events": [{"timestamp": 5000.0}, {"price": 0.1, "timestamp": 5001.0}],
        },
        {"method": "check_invariants", "state": state},
        {"method": "derive_phase", "state": state},
        {"method": "compute_order_volume", "price": 0.1, "config": config, "order_size_usd": 2.0},
        {"method": "bootstrap_orders", **common},
        {"method": "describe"},
    ]
    return [json.dumps(request).encode() for request in requests]


def of_a_session() -> list[bytes]:
    """A request that opens a session, and requests of every method that name it in the place of a state."""
    opened = next(line for line in seeds() if b'"step"' in line)
    sessions = with_sessions()
    digest = json.loads(handle_line(opened, sessions))["digest"]
    held = read_patch({}, sm.transition(start(), sm.PriceTick(0.09, 7.5), sm.EngineConfig(price_decimals=5), 2.0)[0])
    named = []
    for line in seeds():
        request = {**json.loads(line), "session": 1, "digest": digest}
        if "patch" in request:
            request["digest"] = state_digest(read_patch(request["patch"], held))
        named += [json.dumps(request).encode(), json.dumps({**request, "state": None}).encode()]
        request.pop("state", None)
        named += [json.dumps(request).encode(), json.dumps({**request, "digest": "0" * 16}).encode()]
    return [opened, *named]


def hostile_lines(seed: int) -> Iterator[bytes]:
    """An endless stream of lines, each with its line end, none with one inside."""
    rng = random.Random(seed)
    pool, held = seeds(), of_a_session()
    while True:
        if rng.random() < 0.04:
            yield from (line + b"\n" for line in (held[0], rng.choice(held[1:])))
        else:
            yield _one(rng, pool).replace(b"\n", b" ") + b"\n"


def _one(rng: random.Random, pool: list[bytes]) -> bytes:
    kind = rng.random()
    if kind < 0.08:
        return _with_repeated_keys(rng, json.loads(rng.choice(pool))).encode()
    if kind < 0.30:
        return _with_wrong_value(rng, json.loads(rng.choice(pool)))
    if kind < 0.70:
        line = bytearray(rng.choice(pool))
        for _ in range(rng.randint(1, 4)):
            _mutate(rng, line)
        return bytes(line)
    if kind < 0.80:
        return rng.choice(pool)
    if kind < 0.88:
        return b"".join(rng.choice(_TOKENS) for _ in range(rng.randint(0, 40)))
    if kind < 0.93:
        return rng.randbytes(rng.randint(0, 300))
    if kind < 0.95:
        return rng.choice([b"[", b'{"a":', b'{"state":{"orders":[']) * rng.randint(1, 3000)
    if kind < 0.97:
        return rng.choice(pool)[: rng.randint(0, 900)]
    return b'{"method":"' + rng.choice([b"x", b"\\u0041", b"\xc3\xa9"]) * rng.randint(1, 4000) + b'"}'


_WRONG: list[object] = [
    None,
    True,
    -1,
    0,
    2**63,
    0.5,
    -0.0,
    1e308,
    "NaN",
    "Infinity",
    "hold",
    "",
    "\ud800",
    [],
    {},
    [1],
    {"a": 1},
]


def _with_wrong_value(rng: random.Random, request: dict[str, Any]) -> bytes:
    """A well-formed request with one value replaced."""
    node: Any = request
    while True:
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        child = node[key]
        if not isinstance(child, dict | list) or not child or rng.random() < 0.1:
            node[key] = rng.choice(_WRONG)
            return json.dumps(request).encode()
        node = child


def _with_repeated_keys(rng: random.Random, node: Any) -> str:
    """The text of a request in which some keys of some objects come again, with other values, anywhere."""
    if isinstance(node, list):
        return f"[{','.join(_with_repeated_keys(rng, item) for item in node)}]"
    if not isinstance(node, dict):
        return json.dumps(node)
    members = [(key, _with_repeated_keys(rng, value)) for key, value in node.items()]
    while members and rng.random() < 0.3:
        key, value = rng.choice(members)
        wrong = rng.random() < 0.5
        members.insert(rng.randint(0, len(members)), (key, json.dumps(rng.choice(_WRONG)) if wrong else value))
    return f"{{{','.join(f'{json.dumps(key)}:{value}' for key, value in members)}}}"


def _mutate(rng: random.Random, line: bytearray) -> None:
    if not line:
        return
    at = rng.randrange(len(line))
    what = rng.randrange(5)
    if what == 0:
        line[at] = rng.randrange(256)
    elif what == 1:
        del line[at : at + rng.randint(1, 12)]
    elif what == 2:
        line[at:at] = rng.choice(_TOKENS)
    elif what == 3:
        line[at : at + rng.randint(0, 6)] = rng.choice(_TOKENS)
    else:
        end = min(len(line), at + rng.randint(1, 60))
        line[at:at] = line[at:end]
