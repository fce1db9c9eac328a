"""Recording branches with coverage.py. Imports nothing of a reference."""

from __future__ import annotations

from collections.abc import Iterable

import coverage


def recorder_of(files: Iterable[str]) -> coverage.Coverage:
    """A recorder of the branches of these files; it has yet to be started."""
    recorder = coverage.Coverage(branch=True, include=list(files), data_file=None, config_file=False)
    # What the type checker proves impossible is not a branch: every other value has been refused before.
    recorder.exclude(r"assert_never\(")
    return recorder


def missing_branches(recorder: coverage.Coverage, file: str) -> list[str]:
    """The branches of a file that a stopped recorder has not seen taken."""
    missed = recorder._analyze(file).missing_branch_arcs()
    return [f"{start}->{end}" for start, ends in missed.items() for end in ends]
