"""The regime detector, the reference that every port follows: bearish, ranging or bullish, inferred from candles.

Closes and volumes become four features per candle. A hidden Markov model with three states, trained on these by hmmlearn, gives
the probability of each regime, from which follows a bias for the bot. The parts are in `detector/`; this module is the whole
public surface. It logs as `hmm_regime_detector`; `docs/detector.md` lists every text.
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
