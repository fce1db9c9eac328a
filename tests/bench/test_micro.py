"""Small calls one by one, timed by pytest-benchmark where it is enabled (`tox -e micro`), and run once elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.bench.result import Micro
from harness.bench.timing import one_cpu
from harness.subjects.registry import names, subject_called


@pytest.fixture(scope="module", params=names())
def calls(request: pytest.FixtureRequest) -> Iterator[tuple[str, Micro]]:
    """A subject, and its small calls."""
    benchmark = subject_called(request.param).benchmark
    assert benchmark is not None
    with benchmark.micro() as found, one_cpu(None):
        yield request.param, found


# So many calls a subject has at most; a test takes one by its number, since names are known only once ports are open.
@pytest.mark.parametrize("number", range(14))
def test_a_small_call(number: int, calls: tuple[str, Micro], benchmark: BenchmarkFixture) -> None:
    subject, found = calls
    assert 0 < len(found) <= 14
    if number < len(found):
        name = sorted(found)[number]
        benchmark.extra_info.update(subject=subject, call=name)
        benchmark(found[name])
    else:
        benchmark(lambda: None)
