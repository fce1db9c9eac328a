"""A candidate that breaks down, or breaks what is not its own, is reported as such and does nothing to the run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

import detector.training as training
import hmm_regime_detector as reference
from generators.detector.case import DetectorCase
from golden.detector.corpus import read_fixtures
from harness.cli.main import main
from harness.engine.outcome import GOLDEN
from harness.subjects.detector.golden import loaded_reference
from harness.subjects.detector.panel import DetectorPanel
from harness.subjects.detector.ports.isolation import BREAKDOWNS_MAX, BrokenPortError, GivenUpError, isolated
from harness.subjects.detector.ports.modules import NAMES, DetectorPort, candidate
from harness.subjects.detector.ports.threads import one_thread
from tests.subjects import DETECTOR, run_on


def module(name: str, **parts: Any) -> str:
    """The name of a module like the reference, but for some parts."""
    made = ModuleType(f"broken_{name}")
    for known in NAMES:
        setattr(made, known, GaussianHMM if known == "GaussianHMM" else getattr(reference, known))
    for known, value in parts.items():
        setattr(made, known, value)
    sys.modules[made.__name__] = made
    return made.__name__


def on_update(name: str, act: Callable[[], Any]) -> str:
    """A module whose detector does something at every update."""

    class RegimeDetector(reference.RegimeDetector):
        def update(self, closes: Any, volumes: Any) -> Any:
            act()
            return super().update(closes, volumes)

    return module(name, RegimeDetector=RegimeDetector)


def life() -> DetectorCase:
    return next(fixture.definition.case for fixture in read_fixtures() if fixture.name == "detector_too_few_candles")


def case_of(kind: str) -> DetectorCase:
    return next(fixture.definition.case for fixture in read_fixtures() if fixture.definition.case.kind == kind)


def raise_interrupt() -> None:
    raise KeyboardInterrupt


BREAKDOWNS: dict[str, tuple[Callable[[], Any], str]] = {
    "exits": (lambda: os._exit(0), "it ended its process with exit code 0"),
    "leaves": (lambda: sys.exit(0), "SystemExit: 0"),
    "interrupts": (raise_interrupt, "KeyboardInterrupt: "),
    "is_killed": (lambda: os.kill(os.getpid(), signal.SIGKILL), "it ended its process by SIGKILL"),
    "hangs": (lambda: time.sleep(600.0), "no answer within 1 s"),
}


@pytest.mark.parametrize("name", BREAKDOWNS)
def test_a_breakdown_is_said_and_survived(name: str) -> None:
    act, sentence = BREAKDOWNS[name]
    with isolated(candidate(on_update(name, act)), timeout_sec=1.0 if name == "hangs" else 60.0) as port:
        with pytest.raises(BrokenPortError, match=sentence):
            port.answer(life())
        assert port.answer(case_of("features")).outcome["features"], "the next case is answered"


def test_a_port_that_fails_too_often_is_given_up() -> None:
    with isolated(candidate(on_update("exits_again", lambda: os._exit(3)))) as port:
        for _ in range(BREAKDOWNS_MAX):
            with pytest.raises(BrokenPortError, match="exit code 3"):
                port.answer(life())
        with pytest.raises(GivenUpError):
            port.answer(life())


def test_one_that_ends_its_process_never_passes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "run",
        "--subject",
        "detector",
        "--sequences",
        "0",
        "--market-windows",
        "1",
        "--reports",
        str(tmp_path),
        "--json",
    ]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--candidate-module", on_update("exits_in_a_run", lambda: os._exit(0))])
    assert ended.value.code == 1
    told = json.loads(capfd.readouterr().out)
    assert {finding["divergence"]["path"] for finding in told["findings"]} == {"$"}
    assert any("GIVEN UP" in note for note in told["notes"])


def test_one_that_ends_its_process_when_it_is_imported_is_broken() -> None:
    port = DetectorPort("exits", lambda: os._exit(0), "mend it", "json")
    with isolated(port) as port:
        available = port.opened().available
    assert (available.available, available.word) == (False, "BROKEN")
    assert available.reason == "importing it: it ended its process with exit code 0"


def findings(tmp_path: Path, port: DetectorPort, *cases: DetectorCase) -> dict[str, set[str]]:
    """The paths that differ, by port."""
    with one_thread(), isolated(port) as other:
        report = run_on(DETECTOR, DetectorPanel(loaded_reference(), [other]), {GOLDEN: cases}, tmp_path)
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        found.setdefault(finding.port, set()).add(finding.divergence.path)
    return found


def test_a_candidates_patches_do_not_reach_the_reference(tmp_path: Path) -> None:
    def load() -> dict[str, Any]:
        training.SEED = 43
        return {name: getattr(reference, name) for name in NAMES if name != "GaussianHMM"} | {"GaussianHMM": GaussianHMM}

    trained = next(fixture.definition.case for fixture in read_fixtures() if fixture.name == "detector_life")
    found = findings(tmp_path, DetectorPort("patches", load, "mend it", "json"), trained)
    assert training.SEED == 42
    assert found == {"patches": {next(iter(found["patches"]))}}


def test_a_candidates_output_stays_out_of_the_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = on_update("prints", lambda: (print("garbage"), os.write(1, b"garbage\n")))
    assert findings(tmp_path, candidate(name), life()) == {}
    told = capfd.readouterr()
    assert "garbage" not in told.out
    assert "garbage" in told.err


def spoil(closes: Any) -> None:
    if isinstance(closes, np.ndarray) and closes.flags.writeable:
        closes[...] = 0.0


BUFFER = np.zeros((10_000, 4))


class Spoils(reference.FeatureExtractor):
    def extract(self, closes: Any, volumes: Any) -> Any:
        found = super().extract(closes, volumes)
        spoil(volumes)
        return found


class Reuses(reference.FeatureExtractor):
    def extract(self, closes: Any, volumes: Any) -> Any:
        found = super().extract(closes, volumes)
        BUFFER[: len(found)] = found
        return BUFFER[: len(found)]


class Seeds(reference.FeatureExtractor):
    def extract(self, closes: Any, volumes: Any) -> Any:
        np.random.seed(42)
        return super().extract(closes, volumes)


class Draws(reference.FeatureExtractor):
    def extract(self, closes: Any, volumes: Any) -> Any:
        random.random()
        return super().extract(closes, volumes)


@pytest.mark.parametrize(
    ("extractor", "what"), [(Spoils, "handed_in"), (Reuses, "handed_out"), (Seeds, "numpy_random"), (Draws, "random")]
)
def test_foreign_objects_are_left_alone(extractor: type, what: str, tmp_path: Path) -> None:
    name = module(extractor.__name__, FeatureExtractor=extractor)
    extractor.__name__ = "FeatureExtractor"
    ordinary = next(fixture.definition.case for fixture in read_fixtures() if fixture.name == "features_ordinary")
    assert findings(tmp_path, candidate(name), ordinary) == {f"module:{name}": {f"$.touched.{what}"}}


def test_the_reference_leaves_foreign_objects_alone() -> None:
    from harness.subjects.detector.asking.calls import answered

    with one_thread():
        for fixture in read_fixtures():
            if not fixture.name.startswith("draws_"):
                assert answered(loaded_reference(), fixture.definition.case).side_effects == (), fixture.name


def test_a_divergence_that_holds_arrays_can_be_told_as_data(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    class Accepts(reference.RegimeDetector):
        def __init__(self, config: Any = None) -> None:
            known = {key: value for key, value in (config or {}).items() if key in self.DEFAULT_CONFIG}
            super().__init__(known)

    Accepts.__name__ = "RegimeDetector"
    arguments = [
        "run",
        "--subject",
        "detector",
        "--sequences",
        "0",
        "--market-windows",
        "0",
        "--reports",
        str(tmp_path),
        "--json",
    ]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--candidate-module", module("accepts", RegimeDetector=Accepts)])
    assert ended.value.code == 1
    (finding,) = json.loads(capfd.readouterr().out)["findings"]
    assert finding["case"] == "error_unknown_setting"


def test_without_hmmlearn_the_doctor_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "hmmlearn.py").write_text('raise ImportError("no hmmlearn here")\n')
    told = subprocess.run(
        [sys.executable, "-m", "harness", "doctor"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 3, told.stderr
    assert "MISSING: python: no hmmlearn here" in told.stdout
    assert "Traceback" not in told.stderr
