"""Ports of the detector: a module each, with the reference's names. All are called in this process, with the same calls."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from generators.errors import ParityError
from harness.panel import REFERENCE, Availability, UnknownPortError

# What a port of the detector is: these names, in one module.
NAMES = (
    "GaussianHMM", "FeatureExtractor", "RegimeDetector", "Regime", "RegimeState", "IndicatorSnapshot",
    "compute_blended_idle_target", "compute_grid_bias", "serialize_for_snapshot", "restore_from_snapshot",
)  # fmt: skip
HOW_TO_GET_REFERENCE = "install what requirements.lock names, or run ./build.sh"
HOW_TO_GET_RUST = "run doge-hmm/build, or ./build.sh"


class UnnamedError(ParityError):
    """A port lacks a name that a case needs; the message is the name."""


@dataclass(eq=False)
class DetectorPort:
    """One implementation: its name, how to load its names, and the version of what was loaded."""

    name: str
    load: Callable[[], dict[str, Any]]
    remedy: str
    package: str
    names: dict[str, Any] = field(default_factory=dict)
    found: Availability | None = None

    def availability(self) -> Availability:
        """The availability of its module. The import happens once."""
        if self.found is None:
            try:
                self.names = self.load()
                self.found = Availability(available=True)
            except ImportError as error:
                self.found = Availability(available=False, reason=_one_line(error), remedy=self.remedy)
            except Exception as error:
                reason = f"importing it raised {type(error).__name__}: {_one_line(error)}"
                self.found = Availability(available=False, reason=reason, remedy=self.remedy, broken=True)
        return self.found

    def missing(self) -> list[str]:
        """The names that it lacks."""
        return [name for name in NAMES if name not in self.names]

    def __getitem__(self, name: str) -> Any:
        """One of its names. Raises `UnnamedError`."""
        if name not in self.names:
            raise UnnamedError(name)
        return self.names[name]

    def version(self) -> str | None:
        """The version that the package behind it tells, if it tells one."""
        told = getattr(importlib.import_module(self.package), "__version__", None)
        return None if told is None else f"{self.package} {told}"


def _one_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def names_of(*modules: ModuleType) -> dict[str, Any]:
    """The detector's names that the modules have, each from the first one that has it."""
    return {name: getattr(module, name) for name in NAMES for module in reversed(modules) if hasattr(module, name)}


def _reference() -> dict[str, Any]:
    return names_of(importlib.import_module("hmm_regime_detector"), importlib.import_module("hmmlearn.hmm"))


def python() -> DetectorPort:
    """The reference: hmmlearn's own class, and the detector that is built on it."""
    return DetectorPort(REFERENCE, _reference, HOW_TO_GET_REFERENCE, "hmmlearn")


def rust() -> DetectorPort:
    """The port in Rust, with a class of its own in hmmlearn's place."""
    return DetectorPort("rust", lambda: names_of(importlib.import_module("doge_hmm")), HOW_TO_GET_RUST, "doge_hmm")


def candidate(module: str) -> DetectorPort:
    """Any importable module that has some of the names."""
    remedy = "name a module of this folder, or one that Python can import, with the detector's names in it"
    return DetectorPort(f"module:{module}", lambda: names_of(_imported(module)), remedy, module.partition(".")[0])


def _imported(module: str) -> ModuleType:
    """A module of the folder that `parity` runs in, or of any other place where Python looks."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    return importlib.import_module(module)


BUILT_IN: dict[str, Callable[[], DetectorPort]] = {REFERENCE: python, "rust": rust}


def open_detector_ports(names: Sequence[str] = (), *, modules: Sequence[str] = ()) -> list[DetectorPort]:
    """The named ports (all, if none is named) and a candidate for each module; the reference is always first.

    Raises `UnknownPortError`.
    """
    wanted = list(names) or list(BUILT_IN)
    for name in wanted:
        if name not in BUILT_IN:
            raise UnknownPortError(f"no port of the detector is called {name!r}; there are {', '.join(BUILT_IN)}")
    for module in modules:
        if not all(part.isidentifier() for part in module.split(".")):
            raise UnknownPortError(f"--candidate-module {module!r}: is no module's name, which is like package.module")
    ordered = [REFERENCE, *(name for name in dict.fromkeys(wanted) if name != REFERENCE)]
    return [BUILT_IN[name]() for name in ordered] + [candidate(module) for module in dict.fromkeys(modules)]
