"""`import doge_detector as hmm` is `import hmm_regime_detector as hmm`, in Rust where it can be had.

DOGE_HMM_BACKEND chooses `rust`, `python` or `auto` (Rust where `doge_hmm` imports), once, when this module is imported. The two
have the same names and say the same; the implementation that is not chosen is not imported, so that Rust needs no hmmlearn.
`status()` tells what was chosen and why.
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
    # What the last line of this module brings in.
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
    """The implementation that answers, and why it is not Rust where that was wanted."""

    configured: str
    backend: str
    module: ModuleType
    reason: str | None = None


def status() -> dict[str, Any]:
    """What was chosen, for a status page.

    `configured` is what DOGE_HMM_BACKEND says, `backend` what answers (`rust` or `python`), `version` its version, `reason` why
    Python answers in place of Rust (None: it does not), `fallbacks` how often it came to that: 0 or 1, the choice is made once.
    """
    return {
        "configured": _choice.configured,
        "backend": _choice.backend,
        "version": getattr(_choice.module, "__version__", None),
        "reason": _choice.reason,
        "fallbacks": 0 if _choice.reason is None else 1,
    }


def _choose(environment: Mapping[str, str]) -> _Choice:
    """Raises `ValueError` for a setting that makes no sense, `ImportError` if Rust is demanded and not to be had."""
    configured = environment.get("DOGE_HMM_BACKEND", "auto").strip().lower()
    if configured not in _BACKENDS:
        raise ValueError(f"DOGE_HMM_BACKEND: must be one of {', '.join(_BACKENDS)}; got {configured!r}")
    reason = None
    if configured != "python":
        try:
            return _Choice(configured, "rust", _import_rust())
        except Exception as error:  # whatever a broken extension raises
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


# A setting that makes no sense stops the import: better than a bot that starts on a backend nobody chose.
_choice = _choose(os.environ)
globals().update({name: getattr(_choice.module, name) for name in _SURFACE})
