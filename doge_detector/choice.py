"""The choice of an implementation."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from doge_detector.compiled import check_compiled
from doge_detector.settings import Settings

HOW_TO_GET = "build it with doge-hmm/build, or set DOGE_HMM_BACKEND=python"

log = logging.getLogger("doge_detector")


@dataclass(frozen=True)
class Choice:
    """The chosen implementation, and the reason if it is Python because Rust cannot be used."""

    configured: str
    backend: str
    module: ModuleType
    reason: str | None = None


def choose(settings: Settings, surface: Sequence[str]) -> Choice:
    """Choose the implementation that has the names of a surface. Raises `ImportError` if Rust is required but unusable."""
    if settings.shadow is not None:
        # Imported here, because a bot without a shadow needs nothing of it.
        from doge_detector import watch, watching

        if settings.backend == "auto":
            log.warning(
                "doge_detector: without the shadow, `auto` takes the candidate; set DOGE_HMM_BACKEND=python until the cut-over"
            )
        watch.start(settings, settings.shadow)
        return Choice(settings.backend, "python", watching)
    reason = None
    if settings.backend != "python":
        try:
            return Choice(settings.backend, "rust", import_rust(surface))
        except Exception as error:  # a broken extension may raise anything
            reason = str(error) or type(error).__name__
            if settings.backend == "rust":
                raise ImportError(f"DOGE_HMM_BACKEND is rust, but doge_hmm cannot be used ({reason}); {HOW_TO_GET}") from error
            log.warning("doge_detector: Python answers, doge_hmm cannot be used (%s); %s", reason, HOW_TO_GET)
    return Choice(settings.backend, "python", importlib.import_module("hmm_regime_detector"), reason)


def import_rust(surface: Sequence[str]) -> ModuleType:
    """Import the compiled module. Raises `ImportError` if it lacks a name, or is another one under its name."""
    module = importlib.import_module("doge_hmm")
    missing = [name for name in surface if not hasattr(module, name)]
    if missing:
        raise ImportError(f"it lacks {', '.join(missing)}")
    check_compiled(module, surface)
    return module
