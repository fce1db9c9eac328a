"""The limits of the detector's contract that a shadow compares by, read from the contract itself."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hmm_regime_detector as _reference
from golden.detector.rounding import Rounding, rounding_of

CONTRACT_FILE = Path(_reference.__file__).resolve().parent / "golden" / "detector" / "contract.json"
# The contract's names of what a shadow compares with a tolerance.
FEATURES = "$.features.rows.value"
PROBABILITIES = "$.inference.updates[*].value.probabilities[*]"
TRANSMAT = "$.same_seed.trainings[*].transmat.value[*][*]"


@dataclass(frozen=True)
class Tolerance:
    """How much two numbers may differ; the largest of the bounds applies."""

    ulp: int = 0
    relative: float = 0.0
    absolute: float = 0.0

    def allows(self, one: float, other: float) -> bool:
        """Return True for two numbers that agree. Two NaNs do; any other number that is not finite has to be equal."""
        if one == other or (one != one and other != other):
            return True
        if not (math.isfinite(one) and math.isfinite(other)):
            return False
        apart = abs(one - other)
        return apart <= max(self.absolute, self.relative * max(abs(one), abs(other))) or _ulps(one, other) <= self.ulp


@dataclass(frozen=True)
class Contract:
    """The tolerances by the contract's own paths, and its rule about rounding."""

    tolerances: dict[str, Tolerance]
    rounding: Rounding


@cache
def read_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read the contract. Raises `ImportError` where it cannot be read, since no shadow can be on without it."""
    try:
        view: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        entries = {entry["path"]: entry for entry in view["tolerances"]}
        tolerances = {
            name: Tolerance(**{key: value for key, value in entries[name].items() if key not in ("path", "reason")})
            for name in (FEATURES, PROBABILITIES, TRANSMAT)
        }
        rounding = rounding_of(view)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImportError(f"DOGE_HMM_SHADOW: {path} cannot be read as the detector's contract ({error!r})") from error
    return Contract(tolerances, rounding)


def _ulps(one: float, other: float) -> int:
    """The number of doubles between two finite numbers; both zeros count as one."""
    return abs(_place(one) - _place(other))


def _place(number: float) -> int:
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits if bits >= 0 else -(bits & (2**63 - 1))
