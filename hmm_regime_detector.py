"""The regime detector: bearish, ranging or bullish, told from candles. The reference that every port follows.

Closes and volumes become four features a candle; a hidden Markov model with three states, trained on them by hmmlearn, says how
likely each regime is now, and that becomes a bias for the bot. The parts live in `detector/`; this module is the whole
public surface. It logs as `hmm_regime_detector`; `docs/detector.md` has every text.
"""

from detector.blending import compute_blended_idle_target, compute_grid_bias
from detector.features import FeatureExtractor
from detector.regime_detector import RegimeDetector
from detector.snapshot import restore_from_snapshot, serialize_for_snapshot
from detector.types import IndicatorSnapshot, Regime, RegimeState

__version__ = "0.1.0"

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
]
