"""The parts of a subject: which there must be, which there may be, and one sentence for what is missing or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from generators.errors import ParityError

GUIDE = "docs/adding_a_subject.md"
# Every command needs these; a command that needs one of the others says so.
MUST = ("cases", "tally", "shrinking")
MAY = ("golden", "mutations", "coverage", "benchmark", "measures", "drills", "telemetry", "adapter", "exhaustion")
ATTRIBUTES = ("name", "defaults", "options", "parts")


class SubjectError(ParityError):
    """A subject is not as the face asks for; the message says what is missing or wrong, and where the guide is."""

    def __init__(self, subject: str, sentence: str) -> None:
        super().__init__(f"the subject {subject} {sentence} ({GUIDE} lists what it must have)")


def check_subject(subject: Any, name: str) -> None:
    """Hold a subject that was loaded under a name to all that can be told without loading its parts. Raises `SubjectError`."""
    missing = [each for each in ATTRIBUTES if not hasattr(subject, each)]
    if missing:
        raise SubjectError(name, f"has no attribute {missing[0]!r}")
    if subject.name != name:
        raise SubjectError(name, f"calls itself {subject.name!r}; give it the name that it is registered under")
    lacks = [each for each in MUST if each not in subject.parts]
    if lacks:
        raise SubjectError(name, f"has no {' and no '.join(lacks)}, which every subject must have in its parts")
    strange = [each for each in subject.parts if each not in (*MUST, *MAY)]
    if strange:
        raise SubjectError(name, f"names a part {strange[0]!r}, and there are only {', '.join((*MUST, *MAY))}")
    if subject.candidate_option and subject.candidate_option not in subject.options:
        raise SubjectError(name, f"names candidates by {subject.candidate_option!r}, which is none of its options")


def part_class(subject: str, parts: Mapping[str, str], part: str) -> Any:
    """Return the class of a part, which is named as `module:Class`. Raises `SubjectError`."""
    if part not in parts:
        raise SubjectError(subject, f"has no {part}")
    module, _, cls = parts[part].partition(":")
    try:
        return getattr(import_module(module), cls)
    except (ImportError, AttributeError, ValueError) as error:
        raise SubjectError(subject, f"names {parts[part]!r} as its {part}, which cannot be loaded: {error}") from error


def part_made(subject: str, parts: Mapping[str, str], part: str) -> Any:
    """Return a part, made of its class. Raises `SubjectError` for one that lacks a method which it must have."""
    cls = part_class(subject, parts, part)
    lacks = sorted(getattr(cls, "__abstractmethods__", ()))
    if lacks:
        raise SubjectError(subject, f"has {cls.__name__} as its {part}, which lacks {' and '.join(lacks)}")
    return cls()


def part_of(subject: Any, name: str) -> Any:
    """A part that only one command asks for, made anew; None where the subject does not have it."""
    return part_made(subject.name, subject.parts, name) if name in subject.parts else None
