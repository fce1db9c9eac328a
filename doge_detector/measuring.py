"""Telemetry of the detector: how long trainings and inferences take, whatever answers them."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from doge_shadow.identity import identity_of, package_files
from doge_telemetry.recorder import recorder_for

PART = "detector"
ROOT = Path(__file__).resolve().parent.parent
TRAINING, FAILED_TRAININGS, INFERENCE = "training", "failed_trainings", "inference"


def measured(base: Any, path: Path, backend: str, *, shadow: bool) -> Any:
    """Return the class of detectors whose calls are measured; `backend` answers them, beside a shadow or not."""
    recorder = recorder_for(path)
    reference = [ROOT / "hmm_regime_detector.py", *(ROOT / "detector").glob("*.py")]
    digests = identity_of(reference, [] if backend == "python" else package_files("doge_hmm"))
    side = "reference" if backend == "python" else "candidate"
    recorder.describe(PART, {"side": side, "backend": backend, "shadow": shadow, "digests": digests})

    def train(self: Any, closes: Any, volumes: Any) -> bool:
        """Fit a new model; one that fails is counted, and is no duration."""
        began = perf_counter()
        trained = bool(base.train(self, closes, volumes))
        if trained:
            recorder.note(TRAINING, perf_counter() - began)
        else:
            recorder.count(FAILED_TRAININGS)
        return trained

    def update(self: Any, closes: Any, volumes: Any) -> Any:
        """Return the state after the last of these candles."""
        began = perf_counter()
        state = base.update(self, closes, volumes)
        recorder.note(INFERENCE, perf_counter() - began)
        return state

    # As the loader names it, so that it is found there when a detector is pickled.
    known = {"__module__": "doge_detector", "__doc__": base.__doc__, "train": train, "update": update}
    return type("RegimeDetector", (base,), known)
