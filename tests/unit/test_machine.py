"""What the machine's fingerprint tells apart: speed is compared within one machine and one build of its interpreter only."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import pytest

from doge_telemetry.machine import machine
from harness.evidence.digests import MACHINE, digests_of
from harness.subjects.registry import names, subject_called


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    machine.cache_clear()
    yield
    machine.cache_clear()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("python_version", "3.11.99"),
        ("python_build", ("main", "Jan  1 2001 00:00:00")),
        ("python_compiler", "GCC 1.2.3"),
        ("python_implementation", "PyPy"),
    ],
)
def test_another_build_of_the_interpreter_is_another_machine(
    name: str, other: str | tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    about = subject_called(names()[0])
    here = digests_of(about, {})[MACHINE]
    monkeypatch.setattr(platform, name, lambda: other)
    machine.cache_clear()
    assert digests_of(about, {})[MACHINE] != here


def test_the_machine_is_the_same_when_it_is_asked_again() -> None:
    here = machine()
    machine.cache_clear()
    assert machine() == here
