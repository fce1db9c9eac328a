"""The adapter with telemetry: the same results, and every call in the recording."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import doge_core
import doge_core.measuring as core
import doge_detector.measuring as hmm
import state_machine as sm
from doge_core.measuring import Measuring
from doge_telemetry.recorder import recorder_for
from harness.subjects.detector.telemetry import DetectorShare
from harness.subjects.reducer.telemetry import ReducerShare
from harness.subjects.registry import subject_called
from harness.telemetry.recordings import Recording, counted, read_recording
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
from tests.shadow.priority import hurried

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Telemetry that is on, and off again in the end."""
    for name in [name for name in os.environ if name.startswith("DOGE_CORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DOGE_CORE_BACKEND", "python")
    monkeypatch.setenv("DOGE_CORE_TELEMETRY", str(tmp_path / "t.jsonl"))
    doge_core.reset()
    yield tmp_path / "t.jsonl"
    monkeypatch.undo()
    doge_core.reset()


def read(path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """Switch telemetry off, and read what it wrote, as far as it is of what is here."""
    monkeypatch.delenv("DOGE_CORE_TELEMETRY")
    doge_core.reset()
    here = subject_called("reducer").shadowed()
    assert here is not None
    return read_recording(path, {"reducer": here})


def test_every_call_is_measured_and_changes_nothing(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, fills, violations = start(), 0, 0
    for _, event, after, actions in walk(5, 300):
        with doge_core.telemetry_loop():
            held, got = doge_core.transition(held, event, CONFIG, SIZE_USD)
            found = doge_core.check_invariants(held)
        assert (repr(held), repr(got)) == (repr(after), repr(actions))
        assert found == sm.check_invariants(after)
        fills += bool(actions) and isinstance(event, sm.FillEvent | sm.RecoveryFillEvent)
        violations += bool(found)
    with pytest.raises(ValueError, match="order_size_usd"):
        doge_core.transition(held, sm.TimerTick(1e9), CONFIG, float("nan"))
    blocks = read(recording, monkeypatch).blocks
    counts = {name: counted(blocks, name) for name in ("loop", "transition", "invariant_check", "refused_transitions")}
    assert counts == {"loop": 300, "transition": 300, "invariant_check": 300, "refused_transitions": 1}
    assert counted(blocks, "fill_to_action") == fills > 0
    assert counted(blocks, "invariant_violations") == violations


def test_a_round_that_fails_counts_too(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError), doge_core.telemetry_loop():
        raise ZeroDivisionError
    assert counted(read(recording, monkeypatch).blocks, "loop") == 1


def test_the_recording_says_what_answered(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doge_core.check_invariants(start())
    found = read(recording, monkeypatch)
    assert found.parts["reducer"]["side"] == "reference"
    assert set(found.parts["reducer"]["digests"]) == {"reference"}


def test_the_candidate_is_told_apart(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_BACKEND", "haskell")
    doge_core.reset()
    doge_core.transition(start(), sm.TimerTick(1e6), CONFIG, SIZE_USD)
    found = read(recording, monkeypatch)
    assert found.sides == {"candidate"}
    assert set(found.parts["reducer"]["digests"]) == {"reference", "candidate"}
    assert counted(found.blocks, "transition") == 1


def test_what_answered_before_a_change_is_told_as_what_it_was(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doge_core.transition(start(), sm.TimerTick(1e6), CONFIG, SIZE_USD)
    monkeypatch.setenv("DOGE_CORE_BACKEND", "haskell")
    doge_core.reset()
    doge_core.transition(start(), sm.TimerTick(1e6), CONFIG, SIZE_USD)
    read(recording, monkeypatch)
    kinds = [json.loads(line) for line in recording.read_text().splitlines()]
    order = [line["about"]["side"] if "part" in line else "block" for line in kinds if "format" not in line]
    assert order == ["reference", "block", "candidate", "block"]


def test_what_cannot_be_described_is_no_exception_of_the_bot(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> dict[str, str]:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("doge_core.shadowing.identity_here", refuse)
    assert doge_core.check_invariants(start()) == []
    monkeypatch.undo()
    doge_core.reset()
    assert recording.exists()


def test_a_round_without_a_call_says_what_would_have_answered(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with doge_core.telemetry_loop():
        pass
    assert read(recording, monkeypatch).sides == {"reference"}


def test_where_it_is_off_nothing_is_written_or_imported(tmp_path: Path) -> None:
    program = (
        "import sys, doge_core as sm\nwith sm.telemetry_loop(): pass\n"
        "print([name for name in sys.modules if name in ('doge_telemetry.recorder', 'hdrh.histogram', 'psutil')])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, list(tmp_path.iterdir())) == ("[]\n", [])


def test_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    environment = os.environ | {"DOGE_CORE_TELEMETRY": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", "import doge_core"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ValueError: DOGE_CORE_TELEMETRY: must be a file" in done.stderr


def test_the_end_of_the_process_writes_the_last_block(tmp_path: Path) -> None:
    program = (
        "import doge_core as sm\nfrom tests.adapter.traffic import CONFIG, SIZE_USD, start\n"
        "sm.transition(start(), sm.TimerTick(1e6), CONFIG, SIZE_USD)"
    )
    environment = os.environ | {"DOGE_CORE_TELEMETRY": str(tmp_path / "t.jsonl"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert counted(read_recording(tmp_path / "t.jsonl").blocks, "transition") == 1
    assert json.loads((tmp_path / "t.jsonl").read_text().splitlines()[0])["pid"] != os.getpid()


DETECTING = """
import pickle, sys
import numpy as np
import doge_detector as hmm
rng = np.random.default_rng(3)
closes, volumes = 100.0 + rng.normal(size=700).cumsum() * 0.1, 1000.0 + rng.random(700)
found = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 480})
assert found.train(closes[:100], volumes[:100]) is False
assert found.train(closes[:500], volumes[:500]) is True
states = [found.update(closes[end - 150:end], volumes[end - 150:end]).to_dict() for end in range(510, 520)]
other = pickle.loads(pickle.dumps(found))
assert type(other) is type(found) is hmm.RegimeDetector
assert other.update(closes[:510], volumes[:510]).probabilities == found.update(closes[:510], volumes[:510]).probabilities
print([{**state, "last_update_ts": 0.0} for state in states], hmm.status()["backend"])
"""


PICKLING = """
import copy, pickle, sys
from pathlib import Path
import doge_detector as hmm
folder, own, kept = Path(sys.argv[1]), hmm.status()["backend"], hmm.RegimeDetector({"HMM_BIAS_GAIN": 0.5})
if not list(folder.iterdir()):
    class Louder(hmm.RegimeDetector):
        pass
    for other in (copy.copy(kept), copy.deepcopy(kept), copy.copy(Louder())):
        assert isinstance(other, hmm.RegimeDetector), type(other)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        (folder / f"{own}-{protocol}").write_bytes(pickle.dumps(kept, protocol))
for path in folder.iterdir():
    other = pickle.loads(path.read_bytes())
    # What answers is what was pickled; it is measured where this process measures that.
    assert (type(other) is hmm.RegimeDetector) is path.name.startswith(own), type(other)
    assert other.cfg["HMM_BIAS_GAIN"] == 0.5
    assert other.update([1.0] * 20, [1.0] * 20) is other.state
"""


@pytest.mark.parametrize("backend", ["python", "rust"])
def test_a_pickle_of_a_measured_detector_is_read_under_every_backend(backend: str, tmp_path: Path) -> None:
    (tmp_path / "pickles").mkdir()
    measured = {"DOGE_HMM_TELEMETRY": str(tmp_path / "t.jsonl")}
    for reader, telemetry in ((backend, measured), *((each, some) for each in ("python", "rust") for some in ({}, measured))):
        done = subprocess.run(
            [sys.executable, "-c", PICKLING, str(tmp_path / "pickles")],
            env=detecting(reader) | telemetry,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, (reader, telemetry, done.stderr)


def detecting(backend: str) -> dict[str, str]:
    """The environment of a bot whose detector has this backend."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOGE_")}
    path = os.pathsep.join([str(ROOT), str(ROOT / "doge-hmm" / "python")])
    return clean | {"DOGE_HMM_BACKEND": backend, "PYTHONPATH": path}


@pytest.mark.parametrize("backend", ["python", "rust"])
def test_the_detector_is_measured_and_says_the_same(backend: str, tmp_path: Path) -> None:
    said = []
    for telemetry in ({}, {"DOGE_HMM_TELEMETRY": str(tmp_path / "t.jsonl")}):
        done = subprocess.run(
            [sys.executable, "-c", DETECTING],
            env=detecting(backend) | telemetry,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert said[0] == said[1]
    here = subject_called("detector").shadowed()
    assert here is not None
    recording = read_recording(tmp_path / "t.jsonl", {"detector": here})
    counts = {name: counted(recording.blocks, name) for name in ("training", "failed_trainings", "inference")}
    assert counts == {"training": 1, "failed_trainings": 1, "inference": 12}
    assert recording.sides == {"reference" if backend == "python" else "candidate"}
    assert recording.foreign == 0


SHADOWED = """
import os, time
from pathlib import Path
import doge_detector as hmm
from tests.shadow.watched_detector import candidates_of
hmm.compute_blended_idle_target(0.1, 0.2, 0.3, 0.4, 0.5, 0.0, 1.0)
give_up = time.monotonic() + 60.0
while hmm.get_shadow_metrics()["compared"] == 0 and time.monotonic() < give_up:
    time.sleep(0.05)
[child] = candidates_of(os.getpid())
told = Path(f"/proc/{child}/environ").read_bytes().split(b"\\0")
print([each.decode() for each in told if each.startswith(b"DOGE_HMM_TELEMETRY")])
"""


@hurried()
def test_a_shadows_candidate_is_not_measured(tmp_path: Path) -> None:
    package = str(ROOT / "doge-hmm" / "python")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOGE_")}
    environment = clean | {
        "DOGE_HMM_SHADOW": "1",
        "DOGE_HMM_SHADOW_DIR": str(tmp_path / "shadow"),
        "DOGE_HMM_TELEMETRY": str(tmp_path / "t.jsonl"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), package]),
    }
    done = subprocess.run(
        [sys.executable, "-c", SHADOWED], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "['DOGE_HMM_TELEMETRY=']\n"), done.stderr


def test_only_what_a_core_may_refuse_is_a_refusal(tmp_path: Path) -> None:
    measuring = Measuring(tmp_path / "t.jsonl", lambda: {"backend": "python", "executable": None, "shadow": False})

    def fails(error: Exception) -> Any:
        def call(*_: Any) -> Any:
            raise error

        return call

    for error in (ValueError("no"), RuntimeError("a fault")):
        with pytest.raises(type(error)):
            measuring.transition(fails(error), start(), sm.TimerTick(1.0), CONFIG, SIZE_USD)
    measuring.end()
    recorder_for(tmp_path / "t.jsonl").close()
    assert counted(read_recording(tmp_path / "t.jsonl").blocks, "refused_transitions") == 1


def test_whatever_an_adapter_measures_is_a_metric() -> None:
    reducer, detector = ({metric.name for metric in share.metrics} for share in (ReducerShare, DetectorShare))
    of_core = {core.TRANSITION, core.FILL_TO_ACTION, core.VIOLATIONS, core.REFUSALS}
    # Checks are what violations are counted for, and loops are every share's.
    assert (reducer, {metric.per for metric in ReducerShare.metrics} - {""}) == (of_core, {core.CHECK, core.TRANSITION})
    assert detector == {hmm.TRAINING, hmm.FAILED_TRAININGS, hmm.INFERENCE}
