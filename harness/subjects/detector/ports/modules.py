"""Ports of the detector: each is a module with the reference's names, called in this process."""

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
from harness.subjects.detector.ports.compiled import NotCompiledError, check_compiled

# The names that a port of the detector must have.
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
    """One implementation. `load` imports its names, `package` is the one whose version is reported.

    `remedy` gets the port where it is missing, `mend` helps where it was found and is broken; the remedy does both by default.
    """

    name: str
    load: Callable[[], dict[str, Any]]
    remedy: str
    package: str
    mend: str = ""
    names: dict[str, Any] = field(default_factory=dict)
    found: Availability | None = None

    def availability(self) -> Availability:
        """Import the module on the first call; return if it is available."""
        if self.found is None:
            try:
                self.names = self.load()
                self.found = Availability(available=True)
            except NotCompiledError as error:
                self.found = self.broken(str(error))
            except Exception as error:
                if isinstance(error, ImportError) and (not self.mend or _is_absence(error, self.name.partition(":")[2])):
                    self.found = Availability(available=False, reason=_one_line(error), remedy=self.remedy)
                else:
                    self.found = self.broken(f"importing it raised {type(error).__name__}: {_one_line(error)}")
        return self.found

    def broken(self, reason: str) -> Availability:
        """Return the availability of a port that was found and cannot be used."""
        return Availability(available=False, reason=reason, remedy=self.mend or self.remedy, broken=True)

    def missing(self) -> list[str]:
        """Return the names that the port lacks."""
        return [name for name in NAMES if name not in self.names]

    def __getitem__(self, name: str) -> Any:
        """Return the object of that name. Raises `UnnamedError`."""
        if name not in self.names:
            raise UnnamedError(name)
        return self.names[name]

    def version(self) -> str | None:
        """Return the name and version of the package, or None if it has no version."""
        told = getattr(importlib.import_module(self.package), "__version__", None)
        return None if told is None else f"{self.package} {told}"


def _is_absence(error: ImportError, module: str) -> bool:
    """Return True if a module itself was not found, or a package that it is in; False if it lacks what it imports."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    return name is not None and f"{module}.".startswith(f"{name}.")


def _one_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def names_of(*modules: ModuleType) -> dict[str, Any]:
    """Return the detector's names that the modules have, each from the first module that has it."""
    return {name: getattr(module, name) for name in NAMES for module in reversed(modules) if hasattr(module, name)}


def _reference() -> dict[str, Any]:
    return names_of(importlib.import_module("hmm_regime_detector"), importlib.import_module("hmmlearn.hmm"))


def python() -> DetectorPort:
    """Return the reference: hmmlearn's own class, and the detector built on it."""
    return DetectorPort(REFERENCE, _reference, HOW_TO_GET_REFERENCE, "hmmlearn")


def rust() -> DetectorPort:
    """Return the Rust port, which has its own class in place of hmmlearn's."""
    return DetectorPort("rust", _compiled, HOW_TO_GET_RUST, "doge_hmm")


def _compiled() -> dict[str, Any]:
    package = importlib.import_module("doge_hmm")
    names = names_of(package)
    check_compiled(package, names)
    return names


def candidate(module: str) -> DetectorPort:
    """Return a port for any importable module that has some of the names."""
    remedy = "name a module of this folder, or one that Python can import, with the detector's names in it"
    mend = f"it was found, so mend it: python -c 'import {module}' must end without an error"
    return DetectorPort(f"module:{module}", lambda: names_of(_imported(module)), remedy, module.partition(".")[0], mend)


def _imported(module: str) -> ModuleType:
    """Import a module from the current folder or from Python's path."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    return importlib.import_module(module)


BUILT_IN: dict[str, Callable[[], DetectorPort]] = {REFERENCE: python, "rust": rust}


def open_detector_ports(names: Sequence[str] = (), *, modules: Sequence[str] = ()) -> list[DetectorPort]:
    """Return the named ports (or all) and a candidate for each module; the reference is always first.

    Raises `UnknownPortError`.
    """
    wanted = list(names) or list(BUILT_IN)
    for name in wanted:
        if name not in BUILT_IN:
            raise UnknownPortError(f"no port of the detector is called {name!r}; there are {', '.join(BUILT_IN)}")
    for module in modules:
        if not all(part.isidentifier() for part in module.split(".")):
            raise UnknownPortError(f"--candidate-module {module!r}: is not a module's name, which is like package.module")
    ordered = [REFERENCE, *(name for name in dict.fromkeys(wanted) if name != REFERENCE)]
    return [BUILT_IN[name]() for name in ordered] + [candidate(module) for module in dict.fromkeys(modules)]
