"""Registry of subjects by name: built-in ones and those of other packages. Each is loaded when it is first used."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from generators.errors import ParityError
from harness.parts import SubjectError, check_subject
from harness.subject import Subject

ENTRY_POINT_GROUP = "doge_parity.subjects"
BUILT_IN = {
    "reducer": "harness.subjects.reducer.subject:SUBJECT",
    "detector": "harness.subjects.detector.subject:SUBJECT",
}


class SubjectSettingError(ParityError):
    """An environment variable that a subject reads when it is loaded has an invalid value."""


class UnknownSubjectError(ParityError):
    """No subject has this name; the message lists the known names."""


@cache
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of all subjects, the built-in ones first."""
    return (*BUILT_IN, *sorted(_installed().keys() - BUILT_IN.keys()))


@cache
def subject_called(name: str) -> Subject[Any]:
    """Load the subject of that name. Raises `UnknownSubjectError`, `SubjectSettingError` and `SubjectError`."""
    if name not in names():
        raise UnknownSubjectError(f"no subject is called {name!r}; there are {', '.join(names())}")
    point = EntryPoint(name, BUILT_IN[name], ENTRY_POINT_GROUP) if name in BUILT_IN else _installed()[name]
    try:
        subject: Subject[Any] = point.load()
    except ValueError as error:
        raise SubjectSettingError(str(error)) from error
    except (ImportError, AttributeError, TypeError) as error:
        raise SubjectError(name, f"cannot be loaded from {point.value}: {error}") from error
    check_subject(subject, name)
    return subject
