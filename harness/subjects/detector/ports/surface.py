"""The surface of a detector's port: names, parameters with their defaults, literals."""

from __future__ import annotations

import inspect
from typing import Any

from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare
from harness.comparators.path import Path
from harness.subjects.detector.asking.capture import plain
from harness.subjects.detector.ports.modules import DetectorPort

SETTINGS = (
    "n_components", "covariance_type", "min_covar", "startprob_prior", "transmat_prior", "means_prior", "means_weight",
    "covars_prior", "covars_weight", "algorithm", "random_state", "n_iter", "tol", "verbose", "params", "init_params",
    "implementation",
)  # fmt: skip
REQUIRED = "(required)"
SIGNED = (
    "FeatureExtractor", "RegimeDetector", "IndicatorSnapshot", "compute_blended_idle_target", "compute_grid_bias",
    "serialize_for_snapshot", "restore_from_snapshot",
)  # fmt: skip


def describe(port: DetectorPort) -> Json:
    """Return the surface of a port: the parts whose names it has."""
    found: Json = {"parameters": {name: _parameters(port[name]) for name in SIGNED if name in port.names}}
    readers: dict[str, Any] = {
        "GaussianHMM": lambda cls: {name: plain(getattr(cls(), name)) for name in SETTINGS},
        "Regime": lambda cls: {member.name: int(member) for member in (cls(value) for value in range(3))},
        "RegimeState": lambda cls: [list(item) for item in cls().to_dict().items()],
        "RegimeDetector": lambda cls: [list(item) for item in plain(dict(cls.DEFAULT_CONFIG)).items()],
    }
    for name, read in readers.items():
        if name in port.names:
            found[name] = _tried(read, port[name])
    return found


def _parameters(function: Any) -> Any:
    return _tried(lambda it: [[p.name, REQUIRED if p.default is p.empty else plain(p.default)]
                              for p in inspect.signature(it).parameters.values()], function)  # fmt: skip


def _tried(read: Any, value: Any) -> Any:
    try:
        return read(value)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def differing(port: DetectorPort, surface: Json) -> list[Divergence]:
    """Compare a port's surface with the contract's. Names that it lacks are reported as missing, not here."""
    described = describe(port)
    there = {key: value for key, value in surface.items() if key == "parameters" or key in port.names}
    there["parameters"] = {name: value for name, value in surface["parameters"].items() if name in port.names}
    return compare(reference=there, candidate={key: described[key] for key in there}, path=Path("surface"))
