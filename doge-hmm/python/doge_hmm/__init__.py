"""The HMM regime detector in Rust: `import doge_hmm` is a drop-in for `import hmm_regime_detector`.

The detector's names are those of the Python reference, with the same defaults, errors and texts. `GaussianHMM` replaces
hmmlearn's class for diagonal covariances: from the same seed it makes the same random draws and trains the same model.
"""

from doge_hmm._native import (
    FeatureExtractor,
    IndicatorSnapshot,
    Regime,
    RegimeState,
    __version__,
    compute_blended_idle_target,
    compute_grid_bias,
    restore_from_snapshot,
    serialize_for_snapshot,
)
from doge_hmm.detector import RegimeDetector
from doge_hmm.hmm import ConvergenceMonitor, GaussianHMM, NotFittedError
from doge_hmm.records import describe_records

describe_records()

__all__ = [
    "ConvergenceMonitor",
    "FeatureExtractor",
    "GaussianHMM",
    "IndicatorSnapshot",
    "NotFittedError",
    "Regime",
    "RegimeDetector",
    "RegimeState",
    "__version__",
    "compute_blended_idle_target",
    "compute_grid_bias",
    "restore_from_snapshot",
    "serialize_for_snapshot",
]
