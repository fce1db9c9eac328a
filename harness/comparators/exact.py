"""The exact comparator: structure, types and the bits of doubles must be equal."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

from harness.comparators.divergence import ABSENT, Divergence, Kind, step_of
from harness.comparators.path import ROOT_PATH, Path

_PACK = struct.Struct("<d").pack

Difference = tuple[Path, Kind, Any, Any]


def compare(*, reference: Any, candidate: Any, events: Sequence[Any] = (), path: Path = ROOT_PATH) -> list[Divergence]:
    """Return the divergences of the candidate's answer, in the reference's order; empty at parity.

    `events` are those of the case, so that a divergence inside a step can name its event.
    """
    if _spelled_alike(reference, candidate):
        # Nearly every comparison ends here.
        return []
    return [
        locate(path=where, kind=kind, reference=left, candidate=right, events=events)
        for where, kind, left, right in differences(reference, candidate, path)
    ]


def _spelled_alike(reference: Any, candidate: Any) -> bool:
    """Return True if two plain values are spelled alike; then they are equal, types and bits included.

    The bits of a NaN cannot be seen in its spelling.
    """
    text = repr(reference)
    return "nan" not in text and text == repr(candidate)


def locate(*, path: Path, kind: Kind, reference: Any, candidate: Any, events: Sequence[Any]) -> Divergence:
    """Make a divergence, with the step and event that its path is in."""
    step = step_of(path)
    event = events[step] if step is not None and step < len(events) else None
    return Divergence(path=path, kind=kind, reference=reference, candidate=candidate, step=step, event=event)


def differences(reference: Any, candidate: Any, path: Path) -> Iterator[Difference]:
    """Yield the differences of two plain values, each with its path."""
    if isinstance(reference, dict) and isinstance(candidate, dict):
        yield from _of_objects(reference, candidate, path)
    elif isinstance(reference, list) and isinstance(candidate, list):
        yield from _of_lists(reference, candidate, path)
    elif type(reference) is not type(candidate):
        yield path, "type", reference, candidate
    elif not _same(reference, candidate):
        yield path, _kind_at(path, "value"), reference, candidate


def _of_objects(reference: dict[str, Any], candidate: dict[str, Any], path: Path) -> Iterator[Difference]:
    for key, left in reference.items():
        where = path / key
        if key in candidate:
            yield from differences(left, candidate[key], where)
        else:
            yield where, _kind_at(where, "missing"), left, ABSENT
    for key, right in candidate.items():
        if key not in reference:
            where = path / key
            yield where, _kind_at(where, "extra"), ABSENT, right


def _of_lists(reference: list[Any], candidate: list[Any], path: Path) -> Iterator[Difference]:
    for index in range(max(len(reference), len(candidate))):
        where = path / index
        if index >= len(candidate):
            yield where, "missing", reference[index], ABSENT
        elif index >= len(reference):
            yield where, "extra", ABSENT, candidate[index]
        else:
            yield from differences(reference[index], candidate[index], where)


def _same(reference: Any, candidate: Any) -> bool:
    if isinstance(reference, float):
        # By bits: -0.0 differs from 0.0, and a NaN equals itself.
        return _PACK(reference) == _PACK(candidate)
    return bool(reference == candidate)


def _kind_at(path: Path, kind: Kind) -> Kind:
    return "error" if path.last in ("error", "kind") else kind
