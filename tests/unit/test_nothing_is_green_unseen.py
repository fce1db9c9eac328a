"""No command says yes where nothing was compared, and what would be passed over without a word is refused."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

import harness.cli.fuzz as fuzz
import harness.cli.golden as golden
from generators.errors import ParityError
from harness.cli.main import main
from harness.engine.outcome import PortReport, RunReport
from harness.engine.repro import ReproError, read_repro, write_repro
from harness.engine.waivers import WaiverError, read_waivers
from harness.panel import Availability, Examined
from harness.subject import Measures
from tests.quality.planted_detector import plant
from tests.subjects import DETECTOR, REDUCER
from tests.unit.test_exact_comparator import _at

PLANTED = f"{shlex.quote(sys.executable)} tests/quality/planted.py"
HERE = Availability(available=True)


def parity(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and all that `parity …` says."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


def test_fixtures_are_not_held_against_a_port_with_another_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = parity(capsys, "golden", "verify", "--subject", "reducer", "--candidate-exe", f"{PLANTED} other_contract")
    assert code == 1
    assert "port exe:other_contract holds another contract" in said or "holds another contract, so it was asked nothing" in said


def test_a_subject_without_fixtures_has_nothing_to_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "chosen", lambda _subject, _options: [SimpleNamespace(name="tiny", golden=None)])
    with pytest.raises(ParityError, match="the subject tiny has no fixtures"):
        golden._with_fixtures("tiny", {})


def report_of(**cases: int) -> RunReport:
    ports = [PortReport(examined=Examined(name=name, availability=HERE), measures=Measures()) for name in cases]
    for port, count in zip(ports, cases.values(), strict=True):
        port.cases.update({"generated": count})
    return RunReport(subject="tiny", ports=ports)


def test_a_run_that_compared_nothing_is_no_parity() -> None:
    assert report_of(python=40).word == "INCOMPLETE"
    assert report_of(python=40, candidate=0).word == "INCOMPLETE"
    assert report_of(python=40, candidate=40).word == "PARITY"


@pytest.mark.parametrize(
    ("ports", "measured", "said"), [(1, 0, "no port to hold against"), (2, 5, "--coverage: means nothing")]
)
def test_a_night_without_a_candidate_or_a_measure_is_refused(ports: int, measured: int, said: str) -> None:
    rows = [Examined(name=str(number), availability=HERE) for number in range(ports)]

    class About:
        coverage = None

        def open(self, _request: Any) -> Any:
            class Context:
                def __enter__(self) -> Any:
                    return SimpleNamespace(examine=lambda: rows)

                def __exit__(self, *_: object) -> None:
                    return

            return Context()

    plan: Any = SimpleNamespace(about=About, ports=lambda: None, subject="tiny", cases_measured=measured)
    with pytest.raises(click.UsageError, match=said):
        fuzz._refuse_unusable(plan)


def repro_of(subject: Any, folder: Path, port: str) -> Path:
    case = subject.cases.generate(3, 0, subject.defaults.night_settings)
    return write_repro(folder, subject=subject, case=case, divergences=[_at("$.x")], port=port, candidate=None,
                       before=[(case, subject.defaults.night_depth(0))])  # fmt: skip


@pytest.mark.parametrize("subject", [REDUCER, DETECTOR], ids=lambda subject: subject.name)
def test_the_reference_is_not_replayed_against_itself(subject: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = parity(capsys, "replay", str(repro_of(subject, tmp_path, "python")))
    assert code == 2
    assert "the repro is of the reference itself, which cannot be held against itself; name a candidate" in said


def test_a_broken_case_before_a_flaky_one_is_named(tmp_path: Path) -> None:
    path = repro_of(DETECTOR, tmp_path, "rust")
    document = json.loads(path.read_text(encoding="utf-8"))
    document["before"][0]["case"]["metadata"] = 5
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ReproError, match=r"\$\.before\[0\]\.case\.metadata must be an object"):
        read_repro(path)


def test_a_waiver_of_a_port_that_there_is_not_is_refused(tmp_path: Path) -> None:
    entry = 'subject = "reducer"\nfingerprint = "0123456789ab"\nowner = "a"\nreason = "b"\nexpires = 2099-01-01\n'
    path = tmp_path / "waivers.toml"
    for port, known in (("haskel", False), ("haskell", True), ("exe:mine", True)):
        path.write_text(f'[[waiver]]\n{entry}port = "{port}"\n', encoding="utf-8")
        if known:
            assert len(read_waivers(path)) == 1
        else:
            with pytest.raises(WaiverError, match=r"\$\.waiver\[0\]\.port: no port is called 'haskel'"):
                read_waivers(path)


def test_a_module_that_lacks_a_name_is_missing_in_the_fuzz_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = plant("parity", without="GaussianHMM")
    where = ["--ledger", f"sqlite:///{tmp_path / 'ledger.sqlite'}", "--reports", str(tmp_path)]
    code, said = parity(capsys, "fuzz", "--subject", "detector", "--sequences", "5", "--candidate-module", module, *where)
    assert code == 3
    assert "it has no GaussianHMM" in said


def test_a_cpu_that_there_is_not_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = parity(capsys, "bench", "--rounds", "1", "--cpu", "1000")
    assert code == 2
    assert "--cpu 1000: is none of the CPUs that may be used here" in said


def test_a_find_in_a_fixtures_call_says_how_to_see_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exe = f"{PLANTED} naive_rounding"
    arguments = ["run", "--subject", "reducer", "--sequences", "0", "--market-windows", "0", "--reports", str(tmp_path)]
    code, said = parity(capsys, *arguments, "--candidate-exe", exe)
    assert code == 1
    assert f"again      parity golden verify --subject reducer --candidate-exe {shlex.quote(exe)}" in said


def test_another_implementation_does_not_pass_as_haskell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exe = tmp_path / "doge-core-exe"
    exe.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reducer.wire "$@"\n', encoding="utf-8")
    exe.chmod(0o755)
    monkeypatch.setenv("DOGE_CORE_EXE", str(exe))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    code, said = parity(
        capsys, "run", "--subject", "reducer", "--sequences", "2", "--market-windows", "0", "--ports", "haskell"
    )
    assert code == 1
    assert "CONTRACT haskell at $.port: contract haskell, port python" in said
