"""How answers are written: what `json.loads` forgives is a divergence of kind `wire`, with its path."""

from __future__ import annotations

import json
import random
import struct

import pytest

from generators.reducer.case import Case
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.ports.base import Outcome
from harness.subjects.reducer.spelling import is_shortest, well_written

REFERENCE = {"steps": [{"actions": [{"_type": "CancelOrderAction", "local_id": 1, "price": 0.1}], "phase": "S0"}]}
CASE = Case(name="x", state=None, config=None, order_size_usd=None, events=({"_type": "TimerTick"},))
ACTION = "$.steps[0].actions[0]"


def found(line: str | bytes) -> list[tuple[str, str]]:
    line = line.encode() if isinstance(line, str) else line
    candidate = Outcome(line)
    reference = Outcome(json.dumps(REFERENCE).encode())
    return [(item.kind, item.path) for item in compare_outcomes(reference=reference, candidate=candidate, case=CASE)]


def written(actions: str, phase: str = '"phase":"S0"') -> str:
    return '{"steps":[{"actions":[' + actions + "]," + phase + "}]}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (written('{"_type":"CancelOrderAction","local_id":1,"price":0.1}'), []),
        (written('{ "_type" : "CancelOrder\\u0041ction","local_id":1,"price":1e-1}'), []),
        (written('{"_type":"CancelOrderAction","local_id":1,"price":0.1}', '"phase":"S2","phase":"S0"'), "$.steps[0].phase"),
        (written('{"local_id":1,"_type":"CancelOrderAction","price":0.1}'), f"{ACTION}._type"),
        (written('{"_type":"CancelOrderAction","price":0.1,"local_id":1}'), f"{ACTION}.local_id"),
        (written('{"_type":"CancelOrderAction","local_id":1,"price":0.10000000000000001}'), f"{ACTION}.price"),
        (written('{"_type":"CancelOrderAction","local_id":1,"price":0.10}'), f"{ACTION}.price"),
        ("\ufeff" + written('{"_type":"CancelOrderAction","local_id":1,"price":0.1}'), "$"),
        (written('{"_type":"CancelOrderAction","local_id":1,"price":0.1}').encode("utf-16"), "$"),
    ],
)
def test_a_lenient_spelling_is_found_with_its_path(line: str | bytes, expected: str | list[str]) -> None:
    assert found(line) == (expected if isinstance(expected, list) else [("wire", expected)])


def test_a_wrong_value_is_still_a_wrong_value() -> None:
    assert found(written('{"_type":"CancelOrderAction","local_id":1,"price":0.2}')) == [("value", f"{ACTION}.price")]
    assert found(written('{"_type":"CancelOrderAction","local_id":1.0,"price":1}')) == [
        ("type", f"{ACTION}.local_id"),
        ("type", f"{ACTION}.price"),
    ]


def test_the_order_of_an_answers_own_fields_is_free() -> None:
    line = '{"steps":[{"phase":"S0","actions":[{"_type":"CancelOrderAction","local_id":1,"price":0.1}]}]}'
    assert found(line) == []


@pytest.mark.parametrize("token", ["1e22", "1e+22", "1E+22", "1.0e+22", "10000000000000000000000.0", "-0.0", "0.0", "5e-324"])
def test_the_exponent_is_free(token: str) -> None:
    assert is_shortest(token)


@pytest.mark.parametrize("token", ["0.10000000000000001", "0.00", "1.50", "1.00", "2.6749999999999998"])
def test_needless_digits_are_not(token: str) -> None:
    assert not is_shortest(token)


def test_python_writes_the_shortest_digits() -> None:
    rng = random.Random(11)
    for _ in range(20_000):
        (value,) = struct.unpack("<d", rng.randbytes(8))
        if value == value and abs(value) != float("inf"):
            assert is_shortest(repr(value)), value
            line = json.dumps({"x": value}).encode()
            assert well_written(line)
