"""What the cases reach is measured, kept and shown; what cannot be measured is missing, and never all of it."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doge_core.locate import find_executable
from harness import ROOT
from harness.coverage.figures import Figure, NotMeasuredError
from harness.coverage.tools import run, run_cases
from harness.engine.plan import FuzzPlan
from harness.fuzz.batch import run_batch
from harness.fuzz.coverage import gaps_of, measure
from harness.fuzz.run import begin
from harness.store.ledger import Ledger
from harness.subjects.detector import coverage as rust
from harness.subjects.detector.coverage import DetectorCoverage
from harness.subjects.reducer import coverage as haskell
from harness.subjects.reducer.coverage import ReducerCoverage
from harness.subjects.reducer.mutants.unreachable import unreachable_lines
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.process import ServerPort
from tests.subjects import DETECTOR, plan_of

CASES = 40
PLAN = plan_of(seed=7, sequences=CASES, batch_size=CASES, coverage=CASES)
SERIES = plan_of(DETECTOR, seed=7, sequences=6, batch_size=6, coverage=6)
OF_REDUCER, OF_DETECTOR = ReducerCoverage(), DetectorCoverage()


def fuzzed(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code and what is said of `parity fuzz` on a ledger in the folder."""
    command = [sys.executable, "-m", "harness", "fuzz", "--workers", "1", "--ledger", url_in(folder), "--reports", str(folder)]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.sqlite'}"


def finished(folder: Path, plan: FuzzPlan) -> tuple[Ledger, str]:
    """A ledger with a run of the plan whose one batch is in, and its id."""
    ledger = Ledger(url_in(folder))
    run = begin(ledger, plan)
    # None that was made up: a run that is taken up again looks at some of its batches.
    ledger.record(run.id, run_batch(run.plan, run.builds, 0))
    return ledger, run.id


def programs(folder: Path, **scripts: str) -> str:
    """A PATH with nothing on it but these shell scripts."""
    for name, script in scripts.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    return str(folder)


def product() -> list[str]:
    files = [find_executable(), *(ROOT / "doge-hmm/python/doge_hmm").glob("*.so")]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file is not None]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[str]]:
    """A run of the reducer that was measured: the ledger's folder, its data, and the products before it."""
    folder, before = tmp_path_factory.mktemp("measured"), product()
    arguments = ("--seed", "7", "--sequences", str(CASES), "--coverage", str(CASES))
    code, said, wrong = fuzzed(folder, *arguments, "--json")
    assert code == 0, said + wrong
    return folder, json.loads(said), before


def figures_of(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{each['port']} {each['unit']}": each for each in data["coverage"]}


def test_what_a_run_reaches_is_in_its_data_and_in_the_ledger(measured: tuple[Path, dict[str, Any], list[str]]) -> None:
    folder, data, _ = measured
    figures = figures_of(data)
    assert list(figures) == ["python branches", "haskell alternatives", "haskell expressions"]
    ledger = Ledger(url_in(folder))
    kept = ledger.coverage(data["run"])
    ledger.close()
    assert kept == {name: (each["covered"], each["total"], each["missing"]) for name, each in figures.items()}
    assert all(0 < covered < total and missing for covered, total, missing in kept.values())


def test_a_branch_of_the_reference_that_is_never_taken_is_named(measured: tuple[Path, dict[str, Any], list[str]]) -> None:
    folder, data, _ = measured
    branches = figures_of(data)["python branches"]
    assert len(branches["missing"]) == branches["total"] - branches["covered"]
    # The wire's reader has read the lists before.
    line = 1 + (ROOT / "reducer" / "domain.py").read_text().splitlines().index(
        "        if not isinstance(value, list | tuple):"
    )
    (never,) = [each for each in branches["missing"] if each.startswith(f"reducer/domain.py:{line}->")]
    assert f"NEVER TAKEN: {never}\n" in fuzzed(folder, "--resume", data["run"])[1]


def test_functions_that_no_request_reaches_are_not_counted(measured: tuple[Path, dict[str, Any], list[str]]) -> None:
    lines = unreachable_lines(ROOT / "reducer" / "orders.py")
    assert lines, "an entry by hand has lines of its own"
    missing = figures_of(measured[1])["python branches"]["missing"]
    reached = [each.removeprefix("reducer/orders.py:").partition("->")[0] for each in missing if "orders.py" in each]
    assert not [line for line in reached if int(line) in lines]


def test_measuring_leaves_the_product_alone(measured: tuple[Path, dict[str, Any], list[str]]) -> None:
    assert product() == measured[2]


@pytest.fixture(scope="module")
def resumed(measured: object, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int, list[str]]]:
    """What the ledger has of a run that was stopped before it was measured by its first case, and then resumed."""
    folder = tmp_path_factory.mktemp("resumed")
    ledger, run_id = finished(folder, replace(PLAN, coverage=1))
    code, said, wrong = fuzzed(folder, "--resume", run_id)
    assert code == 0, said + wrong
    kept = ledger.coverage(run_id)
    ledger.close()
    return kept


def test_a_resumed_run_is_measured_at_its_end(resumed: dict[str, tuple[int, int, list[str]]]) -> None:
    assert set(resumed) == {"python branches", "haskell alternatives", "haskell expressions"}


def test_fewer_cases_reach_less(
    measured: tuple[Path, dict[str, Any], list[str]], resumed: dict[str, tuple[int, int, list[str]]]
) -> None:
    for name, many in figures_of(measured[1]).items():
        covered, total, _ = resumed[name]
        assert total == many["total"]
        assert 0 < covered < many["covered"], name


def test_too_few_branches_of_the_reference_are_not_met(tmp_path: Path) -> None:
    ledger, run_id = finished(tmp_path, replace(PLAN, sequences=1000, batch_size=1000, coverage=1000))
    for name in ("python branches", "haskell alternatives", "haskell expressions"):
        ledger.record_coverage(run_id, name, covered=989, total=1000, missing=["reducer/orders.py:1->2"])
    ledger.close()
    code, said, _ = fuzzed(tmp_path, "--resume", run_id)
    assert code == 1
    assert "NEVER TAKEN: reducer/orders.py:1->2\n" in said
    # From the ledger: measuring again would have found the true figures.
    assert "989 of 1000 branches of the reference (98.90 %) are fewer than 99 %\n" in said
    assert said.splitlines()[-1].startswith("NOT MET: ")


@pytest.mark.parametrize(("covered", "gaps"), [(989, 1), (990, 0)])
def test_a_night_reaches_99_percent_of_the_branches(covered: int, gaps: int) -> None:
    figures = [Figure(port="python", unit="branches", covered=covered, total=1000), *OF_REDUCER.unmeasured("haskell", "no hpc")]
    assert len(gaps_of(replace(PLAN, sequences=1000, coverage=1000), figures)) == gaps


def test_a_spot_check_and_the_detector_have_no_minimum_share() -> None:
    poor = [Figure(port="python", unit="branches", covered=1, total=100)]
    assert gaps_of(replace(PLAN, sequences=2000, coverage=999), poor) == []
    assert gaps_of(replace(PLAN, sequences=999, coverage=2000), poor) == []
    assert gaps_of(replace(SERIES, sequences=2000, coverage=2000), poor) == []


def test_a_missing_tool_is_reported_and_never_counts(tmp_path: Path) -> None:
    path = programs(tmp_path, ghc="exit 0", cabal="exit 0")
    code, said, wrong = fuzzed(tmp_path, "--sequences", "20", "--coverage", "5", PATH=path)
    assert code == 3, said + wrong
    assert said.splitlines()[-1].startswith("MISSING: ")
    assert "MISSING: coverage of haskell: hpc is not on the PATH; " in said
    ledger = Ledger(url_in(tmp_path))
    run_id = said.split()[1].removesuffix(":")
    assert set(ledger.coverage(run_id)) == {"python branches"}
    ledger.close()


def test_a_missing_measurement_has_a_reason_and_no_figures() -> None:
    for figure in OF_DETECTOR.unmeasured("rust", "there is no llvm-cov-99"):
        told = figure.to_json()
        assert told == {"port": "rust", "unit": "regions", "reason": "missing: there is no llvm-cov-99"}


def test_a_build_that_fails_or_cannot_start_is_reported(tmp_path: Path) -> None:
    script = Path(programs(tmp_path, broken="echo 'no compiler' >&2; exit 4", slow="sleep 9")) / "broken"
    with pytest.raises(NotMeasuredError, match="broken failed with 4: no compiler"):
        run([script])
    with pytest.raises(NotMeasuredError, match="absent cannot be started"):
        run([tmp_path / "absent"])
    with pytest.raises(NotMeasuredError, match=r"slow did not end within 0\.1 s"):
        run([tmp_path / "slow"], timeout_sec=0.1)


def test_an_extension_that_does_not_load_leaves_no_figure(tmp_path: Path) -> None:
    (tmp_path / "doge_hmm.py").write_text("raise ImportError('no such symbol')")
    with pytest.raises(NotMeasuredError, match="failed with 1: no such symbol; run doge-hmm/build"):
        run_cases("rust", SERIES, tmp_path, {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])})


def test_a_server_that_died_on_the_way_leaves_no_figure(
    measured: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPCTIXFILE", str(tmp_path / "server-0.tix"))
    plan = replace(PLAN, candidates=(shlex.quote(str(haskell.BUILD / "doge-core-exe")),))

    def indexes() -> Iterator[int]:
        with plan.about().open(plan.ports()) as panel:
            assert isinstance(panel, ReducerPanel)
            port = panel.ports[panel.candidates[0]]
        assert isinstance(port, ServerPort)
        for index in range(3):
            yield index
            if index == 1:
                port.server().process.kill()

    OF_REDUCER.work("batch", plan, indexes())
    with pytest.raises(NotMeasuredError, match="left no figures"):
        haskell.figures(tmp_path, 1)


def ticks_of_one_case(tmp_path: Path) -> Path:
    """What the instrumented server leaves when it ends."""
    ticks = tmp_path / "one.tix"
    environment = {**os.environ, "HPCTIXFILE": str(ticks)}
    subprocess.run([haskell.BUILD / "doge-core-exe"], input=b'{"method":"describe"}\n', env=environment, check=True)
    return ticks


def test_a_part_without_figures_leaves_none(measured: object, tmp_path: Path) -> None:
    shutil.copy(ticks_of_one_case(tmp_path), tmp_path / "server-0.tix")
    with pytest.raises(NotMeasuredError, match="left no figures"):
        haskell.figures(tmp_path, 2)
    shutil.copy(tmp_path / "server-0.tix", tmp_path / "server-1.tix")
    assert [figure.covered > 0 for figure in haskell.figures(tmp_path, 2)] == [True, True]


def test_a_draft_is_read_with_its_modules_and_declarations() -> None:
    draft = """module "doge-core-0.1.0-inplace:DogeCore.PythonFloat" {
      inside "halfEven" { \n tick "n + 1" on line 9;\n }
      tick function "unused" on line 12;
    }"""
    assert list(haskell.unreached(draft)) == [
        'DogeCore.PythonFloat (halfEven): "n + 1" on line 9',
        'DogeCore.PythonFloat: function "unused" on line 12',
    ]


def test_the_detectors_cases_are_measured_too() -> None:
    try:
        rust.tools()
    except NotMeasuredError as error:
        pytest.skip(f"MISSING: {error}")
    before = product()
    figures = {figure.key: figure for figure in measure(SERIES)}
    assert list(figures) == ["python branches", "rust regions"]
    for figure in figures.values():
        assert figure.reason == ""
        assert 0 < figure.covered < figure.total
    assert all(place.startswith("src/") for place in figures["rust regions"].missing)
    assert product() == before


def test_llvms_tools_are_of_rustcs_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rustc = f"case $1 in -vV) echo 'host: here'; echo 'LLVM version: 99.1';; *) echo {tmp_path};; esac"
    monkeypatch.setenv("PATH", programs(tmp_path, rustc=rustc, cargo="exit 0", llvm_profdata="exit 0", llvm_cov="exit 0"))
    with pytest.raises(NotMeasuredError, match=r"no llvm-profdata-99 on the PATH .* install the package llvm-99"):
        rust.tools()
    for tool in rust.TOOLS:
        shutil.copy(tmp_path / tool, tmp_path / f"{tool}-99")
    assert rust.tools() == [str(tmp_path / f"{tool}-99") for tool in rust.TOOLS]
    own = tmp_path / "lib" / "rustlib" / "here" / "bin"
    own.mkdir(parents=True)
    for tool in rust.TOOLS:
        shutil.copy(tmp_path / tool, own / tool)
    assert rust.tools() == [str(own / tool) for tool in rust.TOOLS]
    monkeypatch.setenv("PATH", str(own))
    with pytest.raises(NotMeasuredError, match="cargo is not on the PATH"):
        rust.tools()
