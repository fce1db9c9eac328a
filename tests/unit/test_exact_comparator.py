"""The exact comparator calls alike only what is the same to the last bit."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparators.divergence import ABSENT, Divergence, float_bits, shown
from harness.comparators.exact import compare

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_a_value_agrees_with_its_own_copy(value: Any) -> None:
    assert compare(reference=value, candidate=json.loads(json.dumps(value))) == []


@pytest.mark.parametrize(
    ("reference", "candidate", "kind"),
    [
        (0.0, -0.0, "value"),
        (0.1 + 0.2, 0.3, "value"),
        (1.0, math.nextafter(1.0, 2.0), "value"),
        (1, 1.0, "type"),
        (True, 1, "type"),
        (None, 0, "type"),
        (None, False, "type"),
        ("1", 1, "type"),
        ("a", "b", "value"),
        ([], {}, "type"),
        (2**63, 2**63 + 1, "value"),
        ("\u00e9", "e\u0301", "value"),
    ],
)
def test_values_that_look_alike_are_distinguished(reference: Any, candidate: Any, kind: str) -> None:
    (found,) = compare(reference={"x": [reference]}, candidate={"x": [candidate]})
    assert (found.path, found.kind) == ("$.x[0]", kind)
    assert (found.reference, found.candidate) == (reference, candidate)


def test_a_nan_is_like_one_of_the_same_bits_alone() -> None:
    quiet, other = (struct.unpack("<d", struct.pack("<Q", bits))[0] for bits in (0x7FF8000000000000, 0x7FF8000000000001))
    assert compare(reference=[quiet], candidate=[quiet]) == []
    (found,) = compare(reference=[quiet], candidate=[other])
    assert (found.path, found.kind) == ("$[0]", "value")


def test_every_difference_is_named_in_the_order_of_the_reference() -> None:
    reference = {"a": 1, "b": [1.0, 2.0, 3.0], "c": {"d": None}, "gone": 5}
    candidate = {"c": {"d": None, "e": 0}, "b": [1.0, -2.0], "a": 2, "new": 1}
    found = [(item.path, item.kind) for item in compare(reference=reference, candidate=candidate)]
    assert found == [
        ("$.a", "value"),
        ("$.b[1]", "value"),
        ("$.b[2]", "missing"),
        ("$.c.e", "extra"),
        ("$.gone", "missing"),
        ("$.new", "extra"),
    ]


def test_a_missing_value_is_not_null() -> None:
    (found,) = compare(reference={"x": None}, candidate={})
    assert found.kind == "missing"
    assert found.reference is None
    assert found.candidate is ABSENT


def test_a_path_inside_a_step_names_step_and_event() -> None:
    reference = {"steps": [{"actions": []}, {"actions": [{"price": 0.1}]}]}
    candidate = {"steps": [{"actions": []}, {"actions": [{"price": 0.2}]}]}
    events = [{"_type": "TimerTick"}, {"_type": "FillEvent", "price": 1.0}]
    (found,) = compare(reference=reference, candidate=candidate, events=events)
    assert found.path == "$.steps[1].actions[0].price"
    assert (found.step, found.event, found.event_type) == (1, events[1], "FillEvent")


def test_an_error_instead_of_an_answer_is_an_error_and_critical() -> None:
    reference = {"steps": [{"actions": [], "phase": "S0"}]}
    candidate = {"steps": [{"error": "no", "kind": "ValueError", "phase": "S0"}]}
    found = compare(reference=reference, candidate=candidate, events=[{"_type": "TimerTick"}])
    assert {(item.path, item.kind, item.severity) for item in found} == {
        ("$.steps[0].actions", "missing", "critical"),
        ("$.steps[0].error", "error", "critical"),
        ("$.steps[0].kind", "error", "critical"),
    }


def test_another_sentence_is_minor_and_another_phase_is_major() -> None:
    (sentence,) = compare(reference={"error": "a"}, candidate={"error": "b"})
    (phase,) = compare(reference={"phase": "S0"}, candidate={"phase": "S2"})
    (price,) = compare(reference={"price": 1.0}, candidate={"price": 2.0})
    assert [item.severity for item in (sentence, phase, price)] == ["minor", "major", "critical"]


def _at(path: str, event: str = "TimerTick", kind: Any = "value") -> Divergence:
    return Divergence(path=path, kind=kind, reference=1, candidate=2, step=0, event={"_type": event})


def test_a_fingerprint_forgets_indices_but_not_what_and_on_which_event() -> None:
    first = _at("$.steps[3].actions[0].price").fingerprint
    assert _at("$.steps[11].actions[4].price").fingerprint == first
    assert _at("$.steps[3].actions[0].volume").fingerprint != first
    assert _at("$.steps[3].actions[0].price", event="FillEvent").fingerprint != first
    assert _at("$.steps[3].actions[0].price", kind="type").fingerprint != first


def test_a_report_shows_the_bits_of_a_float() -> None:
    assert float_bits(-0.0) == "0x8000000000000000"
    assert shown(0.1) == "0.1 (0x3fb999999999999a)"
