"""`import doge_detector as hmm` is a drop-in for `import hmm_regime_detector as hmm`, in Rust if that is available.

DOGE_HMM_BACKEND chooses `rust`, `python` or `auto` (Rust if `doge_hmm` can be imported), once, when this module is imported.
Both have the same names and give the same results; the other implementation is not imported, so that Rust needs no hmmlearn.
`status()` reports the choice and its reason.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # The names that the last line of this module defines.
    from hmm_regime_detector import (
        FeatureExtractor,
        IndicatorSnapshot,
        Regime,
        RegimeDetector,
        RegimeState,
        compute_blended_idle_target,
        compute_grid_bias,
        restore_from_snapshot,
        serialize_for_snapshot,
    )

__all__ = [
    "FeatureExtractor",
    "IndicatorSnapshot",
    "Regime",
    "RegimeDetector",
    "RegimeState",
    "compute_blended_idle_target",
    "compute_grid_bias",
    "restore_from_snapshot",
    "serialize_for_snapshot",
    "status",
]

_SURFACE = [name for name in __all__ if name != "status"]
_BACKENDS = ("auto", "rust", "python")
_HOW_TO_GET = "build it with doge-hmm/build, or set DOGE_HMM_BACKEND=python"

log = logging.getLogger("doge_detector")


@dataclass(frozen=True)
class _Choice:
    """The chosen implementation, and the reason if it is Python because Rust cannot be used."""

    configured: str
    backend: str
    module: ModuleType
    reason: str | None = None


def status() -> dict[str, Any]:
    """Return the choice as plain data, for a status page.

    `configured` is the value of DOGE_HMM_BACKEND, `backend` the implementation in use (`rust` or `python`), `version` its
    version, `reason` why Python is used instead of Rust (None if it is not), and `fallbacks` the number of times that happened:
    0 or 1, since the choice is made once.
    """
    return {
        "configured": _choice.configured,
        "backend": _choice.backend,
        "version": getattr(_choice.module, "__version__", None),
        "reason": _choice.reason,
        "fallbacks": 0 if _choice.reason is None else 1,
    }


def _choose(environment: Mapping[str, str]) -> _Choice:
    """Choose the implementation. Raises `ValueError` for an unknown setting, `ImportError` if Rust is required but unusable."""
    configured = environment.get("DOGE_HMM_BACKEND", "auto").strip().lower()
    if configured not in _BACKENDS:
        raise ValueError(f"DOGE_HMM_BACKEND: must be one of {', '.join(_BACKENDS)}; got {configured!r}")
    reason = None
    if configured != "python":
        try:
            return _Choice(configured, "rust", _import_rust())
        except Exception as error:  # a broken extension may raise anything
            reason = str(error) or type(error).__name__
            if configured == "rust":
                raise ImportError(f"DOGE_HMM_BACKEND is rust, but doge_hmm cannot be used ({reason}); {_HOW_TO_GET}") from error
            log.warning("doge_detector: Python answers, doge_hmm cannot be used (%s); %s", reason, _HOW_TO_GET)
    return _Choice(configured, "python", importlib.import_module("hmm_regime_detector"), reason)


def _import_rust() -> ModuleType:
    module = importlib.import_module("doge_hmm")
    missing = [name for name in _SURFACE if not hasattr(module, name)]
    if missing:
        raise ImportError(f"it lacks {', '.join(missing)}")
    return module


# An unknown setting fails the import, so that a bot does not start on a backend that nobody chose.
_choice = _choose(os.environ)
globals().update({name: getattr(_choice.module, name) for name in _SURFACE})
