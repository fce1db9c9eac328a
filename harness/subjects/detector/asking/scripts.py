"""Runs scripts of single calls on a port's names; `generators.detector.functions` describes their format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from generators.detector.case import Series
from generators.errors import ParityError
from generators.plain import Json
from harness.subjects.detector.asking.capture import captured
from harness.subjects.detector.asking.side_effects import handed_in
from harness.subjects.detector.ports.modules import NAMES, DetectorPort


class NotMadeError(ParityError):
    """A step uses an object that no earlier step made; the message is its name."""


def play(port: DetectorPort, steps: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Run the steps in order; return the outcome of each. A step that fails makes no object.

    A step's `warnings` is the action of Python's warnings filter that the caller has set; of the result of a call with
    `fields`, these attributes alone are the outcome.
    """
    objects: dict[str, Any] = {}
    return [captured(partial(_take, port, step, objects), step.get("warnings", "always")) for step in steps]


def _take(port: DetectorPort, step: Mapping[str, Any], objects: dict[str, Any]) -> Any:
    if "new" in step:
        made = port[step["new"]](**_built(step.get("kwargs", {}), objects))
        objects[step["as"]] = made
        return None
    if "set" in step:
        owner, _, attribute = step["set"].partition(".")
        setattr(_object(owner, objects), attribute, _built(step["value"], objects))
        return None
    if "get" in step:
        owner, _, attribute = step["get"].partition(".")
        return getattr(_object(owner, objects), attribute)
    owner, _, method = step["call"].partition(".")
    function = port[owner] if owner in NAMES else _object(owner, objects)
    if method:
        function = getattr(function, method)
    result = function(*_built(step.get("args", []), objects), **_built(step.get("kwargs", {}), objects))
    if "as" in step:
        objects[step["as"]] = result
    return {name: getattr(result, name) for name in step["fields"]} if "fields" in step else result


def _object(name: str, objects: Mapping[str, Any]) -> Any:
    if name not in objects:
        raise NotMadeError(name)
    return objects[name]


def _built(value: Any, objects: Mapping[str, Any]) -> Any:
    """Build an argument from plain data, as the port gets it."""
    if isinstance(value, Series):
        return handed_in(value)
    if isinstance(value, dict):
        if set(value) == {"ref"}:
            return _object(value["ref"], objects)
        if set(value) == {"like"}:
            return SimpleNamespace(**_built(value["like"], objects))
        return {key: _built(item, objects) for key, item in value.items()}
    if isinstance(value, list):
        return [_built(item, objects) for item in value]
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
