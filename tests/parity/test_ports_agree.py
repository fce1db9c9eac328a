"""Every port answers as the reference does: the fixtures, cases that Hypothesis looks for, and many at random."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from generators.reducer import strategies
from generators.reducer.bulk import generate_cases
from generators.reducer.case import Case
from golden.reducer.corpus import read_fixtures
from harness.engine.golden import check_port
from harness.engine.majority import majority_of
from harness.panel import Depth
from harness.subjects.reducer.contract import check_contract, load_contract
from harness.subjects.reducer.golden import ReducerGolden
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import Port
from harness.subjects.reducer.ports.registry import BUILT_IN, open_ports
from harness.subjects.reducer.thorough import compare_case
from reducer import pricing

PORTS: dict[str, Port] = {port.name: port for port in open_ports()}
PANEL = ReducerPanel(list(PORTS.values()), {})
# Looked for by Hypothesis, so that whatever is found comes out small.
SEARCH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    for port in PORTS.values():
        port.close()


def port_named(name: str) -> Port:
    """The port; one that is missing fails its tests, because nothing was compared."""
    port = PORTS[name]
    available = port.availability()
    assert available.available, f"port {name} is missing: {available.reason}; {available.remedy}"
    return port


def divergences(port: Port, case: Case, *, thorough: bool) -> list[str]:
    """What a port has different, as readable lines."""
    reference = PORTS["python"]
    found = compare_case(
        case=case,
        reference=reference.replay(case),
        candidate=port.replay(case),
        reference_port=reference,
        port=port,
        depth=Depth.THOROUGH if thorough else Depth.PLAIN,
    )
    return [f"{item.path}: {item.reference!r} != {item.candidate!r} at {item.event!r}" for item in found]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_port_holds_the_contract(name: str) -> None:
    found, described = check_contract(port_named(name), load_contract())
    assert found == []
    assert described["subject"] == "reducer"


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_port_answers_the_fixtures_as_recorded(name: str) -> None:
    assert [problem.to_json() for problem in check_port(ReducerGolden(), PANEL, port_named(name).name, read_fixtures())] == []


@SEARCH
@given(case=strategies.cases())
def test_haskell_agrees_on_whatever_hypothesis_finds(case: Case) -> None:
    assert divergences(port_named("haskell"), case, thorough=False) == []


def test_haskell_agrees_on_many_cases() -> None:
    port = port_named("haskell")
    found = {case.name: lines for case in generate_cases(2024, 600) if (lines := divergences(port, case, thorough=False))}
    assert found == {}


def test_haskell_agrees_beyond_replay() -> None:
    port = port_named("haskell")
    found = {case.name: lines for case in generate_cases(2025, 60) if (lines := divergences(port, case, thorough=True))}
    assert found == {}


def test_haskell_agrees_when_it_is_started_anew() -> None:
    port = port_named("haskell-oneshot")
    found = {case.name: lines for case in generate_cases(2026, 40) if (lines := divergences(port, case, thorough=False))}
    assert found == {}


def test_two_ports_that_agree_outvote_a_wrong_reference(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def naive(price: float, decimals: int) -> float:
        return float(round(price * 10.0**decimals) / 10.0**decimals)

    monkeypatch.setattr(pricing, "round_price", naive)
    ports = open_ports(["haskell"], candidate_exes=[str(executable)])
    case = next(case for case in generate_cases(2029, 200) if divergences(port_named("haskell"), case, thorough=False))
    try:
        # The sessions of either would be held against the wrong reference.
        assert majority_of(ReducerPanel(ports, {}), case).odd == ("python",)
    finally:
        for port in ports:
            port.close()
