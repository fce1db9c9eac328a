"""Captures calls: the value or exception, log records and warnings, as plain data and arrays."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from harness.subjects.detector.asking.side_effects import handed_out
from harness.subjects.detector.ports.modules import UnnamedError

# Floats in a text. Integers stay in it, where they are compared digit by digit.
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d*\.\d+|\d+\.(?=[\s\]]))(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|nan\b|inf\b)")
_SPACES = re.compile(r"\s+")
# CPython names a class of a compiled module with its module, and one of Python's own without.
_MODULE_OF_CLASS = re.compile(r"(?<=')(?:\w+\.)+(?=\w+' object )")
# CPython says so from 3.13 on, of a class that does not look at what is assigned to it.
_NO_DICT = re.compile(r" and no __dict__ for setting new attributes$")
# Arithmetic warnings are numpy's own; the numbers that they warn of are compared.
NOT_COMPARED = (RuntimeWarning,)
Action = Literal["always", "ignore"]


def spoken(text: str) -> dict[str, Any]:
    """Split the first line of a text into words, compared exactly, and floats, compared within a tolerance."""
    line = _NO_DICT.sub("", _MODULE_OF_CLASS.sub("", _SPACES.sub(" ", text.strip().partition("\n")[0])))
    numbers = [float(number) for number in _NUMBER.findall(line)]
    return {"words": _NUMBER.sub("#", line), "numbers": np.array(numbers, dtype=np.float64)}


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append({"level": record.levelname, **spoken(record.getMessage())})


@contextmanager
def listening(action: Action = "always") -> Iterator[list[dict[str, Any]]]:
    """Collect log records at WARNING or above, and warnings, inside the block; warnings are added at its end.

    `action` is the warnings filter's: what it ignores is not collected.
    """
    handler, root = _Records(), logging.getLogger()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        root.addHandler(handler)
        try:
            yield handler.said
        finally:
            root.removeHandler(handler)
            for warning in caught:
                if not issubclass(warning.category, NOT_COMPARED):
                    handler.said.append({"level": warning.category.__name__, **spoken(str(warning.message))})


def captured(call: Callable[[], Any], action: Action = "always") -> dict[str, Any]:
    """Call, and return `value` or `error`, and `said`: log records and warnings. A panic is an error like any other."""
    with listening(action) as said:
        try:
            outcome: dict[str, Any] = {"value": plain(call())}
        except (KeyboardInterrupt, SystemExit, UnnamedError):
            raise
        except BaseException as error:
            outcome = {"error": {"class": type(error).__name__, **spoken(str(error))}}
    return {**outcome, "said": said}


# Conversions of numbers and texts to Python's own types; the first that fits is used.
_EXACTLY: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((bool, np.bool_), bool),
    ((np.floating,), float),
    ((int, np.integer), int),
    ((float,), float.__float__),
    ((str,), str.__str__),
)


def plain(value: Any) -> Any:
    """Return a value as plain data: Python's own numbers, copies of arrays; other objects are replaced by their type."""
    if isinstance(value, np.ndarray):
        return _copied(value)
    if value is None:
        return None
    for kinds, exactly in _EXACTLY:
        if isinstance(value, kinds):
            return exactly(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    return f"a {type(value).__name__}"


def _copied(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.hasobject:
        return plain(array.tolist())
    copied = np.array(array)
    handed_out(array, copied)
    return copied
