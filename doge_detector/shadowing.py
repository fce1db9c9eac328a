"""The detector's shadow: the Rust port is asked, beside the reference, for every call; it runs in a process of its own."""

from __future__ import annotations

import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

import hmm_regime_detector as _reference
from doge_detector.cases import case_of
from doge_detector.notes import Asked, Call, Outcome, Training, listed_array, spelled_array
from doge_detector.settings import KINDS, Kind, Settings
from doge_detector.severity import graded
from doge_detector.tolerances import read_contract
from doge_shadow.face import CandidateError, Found
from doge_shadow.identity import identity_of, package_files
from doge_shadow.judging import Difference, fingerprint
from doge_shadow.process import GARBAGE, CandidateProcess
from doge_shadow.repro import repro_of
from doge_shadow.settings import CONTROL, ShadowSettings
from doge_shadow.taming import MIB

ROOT = Path(_reference.__file__).resolve().parent
CANDIDATE = "doge_hmm"
# The end of a series by which the hash of a call knows it.
TAIL = 8


class DetectorComparer:
    """Asks the candidate what the caller asked, and compares. Used by the shadow's thread alone, but for `retire`."""

    def __init__(self, settings: Settings, shadow: ShadowSettings) -> None:
        self._control = shadow.mode == CONTROL
        self._contract = read_contract()
        self._process = CandidateProcess(
            "doge_detector.worker",
            environment={
                "DOGE_HMM_SHADOW": "0",
                "DOGE_HMM_BACKEND": "python" if self._control else "rust",
                # What the candidate takes is no measure of what the bot waits for.
                "DOGE_HMM_TELEMETRY": "",
                # As the reference trains, and no more than a core of the bot's machine.
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            memory_bytes=int(shadow.memory_mib * MIB),
            timeout_sec=settings.timeout_sec,
        )
        self._starts = -1
        self._identity: dict[str, str] = {}

    def available(self) -> bool:
        """True if there is a candidate to ask."""
        return self._control or bool(package_files(CANDIDATE))

    def identity(self) -> dict[str, str]:
        """SHA-256 of the reference's files and of the candidate's; anew when its process is started anew."""
        if self._starts != self._process.starts:
            self._starts = self._process.starts
            reference = [ROOT / "hmm_regime_detector.py", *(ROOT / "detector").glob("*.py")]
            self._identity = identity_of(reference, [] if self._control else package_files(CANDIDATE))
        return self._identity

    def retire(self) -> None:
        """End the candidate for good."""
        self._process.retire()

    def begin_anew(self) -> None:
        """Let go of the parent's candidate, in a forked child."""
        self._process.forget()

    def key_of(self, call: Any) -> int:
        """A hash of what the call was given: of a detector's clock, of the ends of its series, or of its arguments."""
        known: Any = call.arguments
        if call.kind == Kind.NEEDS_RETRAIN and call.before is not None:
            known = call.before.at
        return zlib.crc32(repr(_ends_of(known)).encode())

    def compare(self, call: Any) -> Found:
        """Ask for one call, and compare. Raises `CandidateError`."""
        if call.unclear is not None:
            raise CandidateError("unclear", call.unclear)
        stumbles: list[CandidateError] = []
        theirs, seconds = self._asked(call, stumbles)
        ours = call.ours
        if call.kind == Kind.EXTRACT and ours.refusal is None and theirs.refusal is None:
            value = spelled_array(ours.value)
            # Thousands of numbers, which are looked at one by one only where they are not the same to the last bit.
            same = value == theirs.value
            ours, theirs = (Outcome() if same else Outcome(listed_array(each)) for each in (value, theirs.value))
        gain = 1.0 if call.before is None else float(call.before.config["HMM_BIAS_GAIN"])
        found, excused = graded(ours, theirs, self._contract, gain)
        return Found(found, seconds, None, lambda: self._document(call, found), stumbles, excused)

    def _asked(self, call: Call, stumbles: list[CandidateError]) -> tuple[Outcome, float]:
        """Return the candidate's outcome and the time that it took. Raises `CandidateError`."""
        before, training = call.before, None if call.before is None else call.before.training
        asked = Asked(call.kind, call.arguments)
        if before is not None:
            key = None if training is None else training.key
            asked = Asked(*asked[:2], before.config, key, before.state, before.last_train_ts, before.at)
        reply, seconds = self._timed(asked, stumbles)
        if "unknown" in reply and training is not None:
            self._timed(training, stumbles)
            reply, seconds = self._timed(asked, stumbles)
        match reply:
            case {"value": value}:
                return Outcome(value), seconds
            case {"error": [str(kind), str(text)]}:
                return Outcome(refusal=(kind, text)), seconds
        cause = next(iter(reply), GARBAGE)
        raise CandidateError(cause, f"the candidate gave no answer that can be compared ({cause}: {reply.get(cause)})")

    def _timed(self, request: Training | Asked, stumbles: list[CandidateError]) -> tuple[dict[str, Any], float]:
        began = time.perf_counter()
        try:
            reply, repeated = self._process.ask(request)
        except CandidateError as error:
            raise CandidateError(error.cause, str(error), [*stumbles, *error.stumbles]) from error
        stumbles += repeated
        return reply, time.perf_counter() - began

    def _document(self, call: Call, found: list[Difference]) -> dict[str, Any]:
        name = fingerprint(found, f"{KINDS[call.kind]}|None")
        return repro_of(found, subject="detector", port="rust", candidate=None, case=case_of(call, f"shadow-{name}"))


def _ends_of(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [value.shape, *value[-TAIL:].tolist()]
    if isinstance(value, tuple):
        return [_ends_of(each) for each in value]
    return [len(value), *value[-TAIL:]] if isinstance(value, list) else value
