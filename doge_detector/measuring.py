"""Telemetry of the detector: how long trainings and inferences take, whatever answers them."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from doge_shadow.identity import identity_of, package_files
from doge_telemetry.recorder import recorder_for

PART = "detector"
ROOT = Path(__file__).resolve().parent.parent
# The class of detectors that this process measures, by what answers them.
_measured: dict[Any, Any] = {}
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

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        """Reduce to what answers, which is read where nothing is measured and under another backend."""
        make, arguments, *rest = base.__reduce_ex__(self, protocol)
        parts = (make, *arguments)
        places = tuple(place for place, part in enumerate(parts) if part is found)
        return restored, (base, places, tuple(None if part is found else part for part in parts)), *rest

    # As the loader names it, where a user sees it.
    known = {"__module__": "doge_detector", "__doc__": base.__doc__, "train": train, "update": update}
    found = type("RegimeDetector", (base,), known | {"__reduce_ex__": __reduce_ex__})
    _measured[base] = found
    return found


def restored(base: Any, places: tuple[int, ...], parts: tuple[Any, ...]) -> Any:
    """Make a detector from a pickle or for a copy: the class at `places` is measured if this process measures it.

    A caller's subclass names itself, and has no such place.
    """
    of = _measured.get(base, base)
    make, *arguments = (of if place in places else part for place, part in enumerate(parts))
    return make(*arguments)
