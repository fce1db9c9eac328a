"""`import doge_detector as hmm` is a drop-in for `import hmm_regime_detector as hmm`, in Rust if that is available.

DOGE_HMM_BACKEND chooses `rust`, `python` or `auto` (Rust if `doge_hmm` can be imported), once, when this module is imported.
Both have the same names and give the same results; the other implementation is not imported, so that Rust needs no hmmlearn.
`status()` reports the choice and its reason.

With DOGE_HMM_SHADOW=1, Python answers and Rust is asked the same beside it, in a process of its own: see `docs/shadow.md`.
`get_shadow_metrics()` counts, `reset_shadow_metrics()` begins to count anew. DOGE_HMM_TELEMETRY=FILE measures trainings and
inferences: see `docs/telemetry.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doge_detector.choice import choose as _choose
from doge_detector.settings import KINDS as _KINDS
from doge_detector.settings import read_settings as _read_settings
from doge_shadow.block import block_of_none as _block_of_none

if TYPE_CHECKING:
    # The names that the last line of this module defines.
    from doge_shadow.shadow import Shadow as _Shadow
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
    "get_shadow_metrics",
    "reset_shadow_metrics",
    "restore_from_snapshot",
    "serialize_for_snapshot",
    "shadow_collector",
    "status",
]

# What this module has beyond the reference.
_OWN = frozenset({"get_shadow_metrics", "reset_shadow_metrics", "shadow_collector", "status"})
_SURFACE = tuple(name for name in __all__ if name not in _OWN)


def status() -> dict[str, Any]:
    """Return the choice as plain data, for a status page.

    `configured` is the value of DOGE_HMM_BACKEND, `backend` the implementation in use (`rust` or `python`), `version` its
    version, `reason` why Python is used instead of Rust (None if it is not), and `fallbacks` the number of times that happened:
    0 or 1, since the choice is made once. `shadow` is True where Python answers with a shadow.
    """
    return {
        "configured": _choice.configured,
        "backend": _choice.backend,
        "version": getattr(_choice.module, "__version__", None),
        "reason": _choice.reason,
        "fallbacks": 0 if _choice.reason is None else 1,
        "shadow": _settings.shadow is not None,
    }


def get_shadow_metrics() -> dict[str, Any]:
    """Return what the shadow counted, as plain data: the block `hmm_shadow` of the bot's `/api/status`."""
    if _settings.shadow is None:
        return _block_of_none(_KINDS)
    from doge_detector.watch import metrics

    return metrics()


def reset_shadow_metrics() -> None:
    """Begin to count anew. What was written to the journal stays there."""
    shadow = _shadow()
    if shadow is not None:
        shadow.reset()


def shadow_collector() -> Any:
    """Return a collector of the shadow's counts for `prometheus_client.REGISTRY.register`."""
    from doge_shadow.prometheus import collector_of

    return collector_of("hmm_shadow", _shadow)


def _shadow() -> _Shadow | None:
    if _settings.shadow is None:
        return None
    from doge_detector.watch import current

    watch = current()
    return None if watch is None else watch.shadow


# An invalid setting fails the import, so that a bot does not start on a backend that nobody chose.
_settings = _read_settings()
_choice = _choose(_settings, _SURFACE)
globals().update({name: getattr(_choice.module, name) for name in _SURFACE})
if _settings.telemetry is not None:
    # Imported here, because a bot without telemetry needs nothing of it.
    from doge_detector.measuring import measured as _measured

    globals()["RegimeDetector"] = _measured(
        _choice.module.RegimeDetector, _settings.telemetry, _choice.backend, shadow=_settings.shadow is not None
    )
