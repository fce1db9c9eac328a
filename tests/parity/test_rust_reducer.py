"""The third port: it answers as the reference does, and with it a vote says which of three ports is wrong, whichever it is."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from generators.reducer.bulk import generate_cases
from generators.reducer.case import Case
from golden.reducer.corpus import read_fixtures
from harness.comparators.divergence import Divergence
from harness.comparators.path import Path
from harness.engine.golden import check_port
from harness.engine.replay import Replayed, replay
from harness.engine.repro import read_repro, write_repro
from harness.panel import Depth, PortRequest
from harness.subjects.reducer.contract import check_contract, load_contract
from harness.subjects.reducer.golden import ReducerGolden
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.subject import SUBJECT
from reducer import pricing
from tests import rust_reducer

RUST = "exe:doge-core-rs"
TAMPERING = FilePath(__file__).with_name("tampering.py")


@pytest.fixture(scope="module")
def panel(rust_executable: FilePath) -> Iterator[ReducerPanel]:
    """The reference and the Rust port."""
    request = PortRequest(names=("python",), candidates=(str(rust_executable),), timeout_sec=10.0)
    with SUBJECT.open(request) as opened:
        assert isinstance(opened, ReducerPanel)
        yield opened


def first_divergence(panel: ReducerPanel, port: str, cases: list[Case], depth: Depth) -> tuple[Case, list[Divergence]] | None:
    """The first case that a port answers otherwise."""
    for case in cases:
        if found := list(panel.judge(port, case, panel.expect(case), depth).divergences):
            return case, found
    return None


def test_it_holds_the_contract(panel: ReducerPanel) -> None:
    found, described = check_contract(panel.ports[RUST], load_contract())
    assert found == []
    assert described["port"] == "rust"


def test_it_answers_the_fixtures_as_recorded(panel: ReducerPanel) -> None:
    assert [problem.to_json() for problem in check_port(ReducerGolden(), panel, RUST, read_fixtures())] == []


def test_it_agrees_on_many_cases(panel: ReducerPanel) -> None:
    assert first_divergence(panel, RUST, list(generate_cases(2027, 300)), Depth.PLAIN) is None


def test_it_agrees_beyond_replay(panel: ReducerPanel) -> None:
    assert first_divergence(panel, RUST, list(generate_cases(2028, 15)), Depth.THOROUGH) is None


def repro_of(folder: FilePath, port: str, candidates: tuple[str, ...] = ()) -> FilePath:
    """The repro of the first generated case that a port answers otherwise than the reference."""
    request = PortRequest(names=("python", *(() if candidates else (port,))), candidates=candidates, timeout_sec=10.0)
    with SUBJECT.open(request) as panel:
        assert isinstance(panel, ReducerPanel)
        name = panel.candidates[-1]
        diverging = first_divergence(panel, name, list(generate_cases(2029, 200)), Depth.PLAIN)
        assert diverging is not None, "the planted bug is not reached"
        case, found = diverging
        candidate = panel.candidate_of(name)
    return write_repro(folder, subject=SUBJECT, case=case, divergences=found, port=name, candidate=candidate)


def voted(path: FilePath, *candidates: str) -> Replayed:
    """What `parity replay` finds."""
    found = replay(read_repro(path), candidates=candidates, timeout_sec=10.0)
    assert found.majority is not None
    return found


@pytest.mark.usefixtures("executable")
def test_a_bug_of_the_rust_port_is_the_rust_port_s(rust_executable: FilePath, tmp_path: FilePath) -> None:
    wrong = rust_reducer.planted(
        tmp_path,
        "python_float",
        "round_positive(x.abs(), places as i32).copysign(x)",
        "(x * 10f64.powi(places as i32)).round_ties_even() / 10f64.powi(places as i32)",
    )
    found = voted(repro_of(tmp_path, "", (str(wrong),)))
    assert found.majority is not None
    assert found.exit_code == 1
    assert found.majority.sentence.startswith("odd one out: exe:planted-doge-core-rs; python and haskell agree; first at $.")


@pytest.mark.usefixtures("executable")
def test_a_bug_of_the_reference_is_the_reference_s(
    rust_executable: FilePath, tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    def naive(price: float, decimals: int) -> float:
        return float(round(price * 10.0**decimals) / 10.0**decimals)

    monkeypatch.setattr(pricing, "round_price", naive)
    found = voted(repro_of(tmp_path, "", (str(rust_executable),)))
    assert found.majority is not None
    assert found.exit_code == 1
    assert found.majority.sentence.startswith(f"odd one out: python; haskell and {RUST} agree; first at $.")


def test_a_bug_of_the_haskell_port_is_the_haskell_port_s(
    executable: FilePath, rust_executable: FilePath, tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "wrong-haskell"
    wrong.write_text(f'#!/bin/sh\nexec {sys.executable} {TAMPERING} {executable} cycle_complete cycle_completed "$@"\n')
    wrong.chmod(wrong.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("DOGE_CORE_EXE", str(wrong))
    path = repro_of(tmp_path, "haskell")
    assert voted(path).exit_code == 1
    # The third port agrees with the reference; the vote says of whom that tells.
    found = voted(path, str(rust_executable))
    assert found.majority is not None
    assert found.exit_code == 0
    assert found.majority.sentence.startswith(f"odd one out: haskell; python and {RUST} agree; first at $.")


@pytest.mark.usefixtures("executable")
def test_three_ports_that_agree_have_no_odd_one_out(rust_executable: FilePath, tmp_path: FilePath) -> None:
    case = next(iter(generate_cases(2030, 1)))
    stale = Divergence(path=Path("steps", 0, "phase"), kind="value", reference="S0", candidate="S2")
    path = write_repro(tmp_path, subject=SUBJECT, case=case, divergences=[stale], port="haskell", candidate=None)
    found = voted(path, str(rust_executable))
    assert found.majority is not None
    assert found.majority.sentence == f"python, haskell and {RUST} agree"
