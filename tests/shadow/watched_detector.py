"""Watched detectors for tests: with candidates that are good, bad or absent, and a bot that is the same each time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hmm_regime_detector as reference
from doge_detector import watch
from doge_detector.settings import Settings
from doge_shadow.settings import CANDIDATE, ShadowSettings
from tests.compiled import PACKAGE, compiled_copy
from tests.detector_candles import market

DRAIN_SEC = 60.0
ROWS = 700
CONFIG = {"HMM_MIN_TRAIN_SAMPLES": 100, "HMM_INFERENCE_WINDOW": 40}

# What each wrong candidate does to one method of the compiled class.
_PLANTED = """
_Right = RegimeDetector
_calls = 0

class RegimeDetector(_Right):
    __module__ = "doge_hmm"

    def {method}(self, *arguments):
        global _calls
        _calls += 1
        answer = lambda: _Right.{method}(self, *arguments)
{body}
"""


def planted(body: str, method: str = "update") -> str:
    """Code that replaces one method; `answer()` is what the right one returns, `_calls` the number of this call."""
    return _PLANTED.format(method=method, body="\n".join(f"        {line}" for line in body.strip().splitlines()))


# Six candidates with a flaw, and the cause that each is counted under.
FLAWS = {
    "hangs": ("import time\nif _calls > 2: time.sleep(3600)\nreturn answer()", "timeout"),
    "crashes": ("import os\nif _calls % 3 == 0: os.abort()\nreturn answer()", "died"),
    "garbage": ("return 'no state' if _calls > 2 else answer()", "garbage"),
    "late": ("import time\nif _calls > 2: time.sleep(1.5)\nreturn answer()", "timeout"),
    "leaks": ("global _held\nif _calls > 2: _held = [bytes(2**20) for _ in range(10**5)]\nreturn answer()", "died"),
    "eats": ("while _calls > 2: pass\nreturn answer()", "timeout"),
}

OFF_BY_ONE = planted("state = answer()\nstate.observation_count += 1\nreturn state")
# A state keeps its probabilities, and says the opposite of what follows from them.
SWAPPED = planted(
    "state = answer()\nstate.probabilities = state.probabilities[::-1]\n"
    "state.regime, state.bias_signal = 2 - state.regime, -state.bias_signal\nreturn state"
)


def plant(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Path:
    """Put a wrong candidate first on this process's path."""
    path = folder / "planted"
    path.mkdir()
    monkeypatch.syspath_prepend(compiled_copy(path, code))
    return path


@contextmanager
def watching_detector(folder: Path, *, timeout_sec: float = 30.0, **shadow: Any) -> Iterator[watch.Watch]:
    """The reference with a shadow, for every detector of `doge_detector.watching`."""
    settings = ShadowSettings(**{"prefix": "DOGE_HMM", "mode": CANDIDATE, "folder": folder / "shadow", "queue": 500, **shadow})
    started = watch.start(Settings(timeout_sec=timeout_sec), settings)
    try:
        yield started
    finally:
        watch.stop()


def candles(seed: int = 1, rows: int = ROWS) -> tuple[Any, Any]:
    closes, volumes = market(seed, rows)
    return np.array(closes), np.array(volumes)


def lived(module: Any, *, seed: int = 1, updates: int = 20, pause: Callable[[], object] = lambda: None) -> list[Any]:
    """All results of a bot's detector, without times: what a shadow must leave as it is."""
    closes, volumes = candles(seed)
    first = ROWS - updates
    detector = module.RegimeDetector(CONFIG)
    found: list[Any] = [detector.needs_retrain(), detector.train(closes[:first], volumes[:first]), detector.needs_retrain()]
    for row in range(first, ROWS):
        state = detector.update(closes[: row + 1], volumes[: row + 1])
        grid = module.compute_grid_bias(state)
        target = module.compute_blended_idle_target(0.2, state.bias_signal, 0.5, 0.3, 0.2, 0.1, 0.6)
        found += [{**state.to_dict(), "last_update_ts": None}, grid, target, detector.transmat]
        pause()
    stored = module.serialize_for_snapshot(detector)
    other = module.RegimeDetector()
    module.restore_from_snapshot(other, {**stored, "else": [1, 2]})
    found += [other.state == detector.state, sorted(stored), other.needs_retrain()]
    for refused in (lambda: module.RegimeDetector({"HMM_N_ITER": 0}), lambda: detector.update(["a"], [1.0])):
        with pytest.raises(ValueError, match=":") as caught:
            refused()
        found.append(str(caught.value))
    rows = module.FeatureExtractor(rsi_period=10).extract(closes.tolist(), volumes.tolist())
    return [*found, rows.tobytes()]


# The number of notes that one life leaves.
CALLS = 3 + 3 * 20 + 1 + 1 + 1 + 1 + 2 + 1 + 1


def expected(**options: Any) -> list[Any]:
    """What the reference says of the same life."""
    return lived(reference, **options)


def drained(watched: watch.Watch, sec: float = DRAIN_SEC) -> dict[str, Any]:
    """The metrics, once nothing waits and what is being compared is."""
    assert watched.shadow.drain(sec)
    # What was taken from the queue last may still be asked.
    watched.shadow.stop()
    return watch.metrics()


def settled(watched: watch.Watch, sec: float = DRAIN_SEC) -> dict[str, Any]:
    """The metrics, once every call was compared or counted as a failure; the shadow goes on."""
    give_up = time.monotonic() + sec
    while time.monotonic() < give_up:
        status = watched.shadow.status()
        done = sum(number for cause, number in status["failures"].items() if cause != "journal")
        done += status["compared"] + status["unsampled"] + status["dropped"]
        if status["queue_depth"] == 0 and done >= status["calls"]:
            return watch.metrics()
        time.sleep(0.02)
    raise AssertionError(f"not settled: {watched.shadow.status()}")


def candidates_of(pid: int) -> list[int]:
    """The processes of candidates whose parent is a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == pid and b"doge_shadow.child" in words:
                found.append(int(entry.name))
    return found


def is_running(pid: int) -> bool:
    """True for a process that is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def bot_environment(folder: Path, *paths: Path, **more: str) -> dict[str, str]:
    """The environment of a bot with a shadow, which finds packages in the given places first."""
    root = Path(__file__).parents[2]
    places = [str(each) for each in (*paths, root, PACKAGE.parent)]
    known = {name: value for name, value in os.environ.items() if not name.startswith("DOGE_HMM_")}
    return {
        **known,
        "PYTHONPATH": os.pathsep.join(places),
        "DOGE_HMM_SHADOW": "1",
        "DOGE_HMM_SHADOW_DIR": str(folder / "shadow"),
        **more,
    }
