"""The types of the Rust extension."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

_Vector = npt.NDArray[np.float64]
_Matrix = npt.NDArray[np.float64]
_Data = npt.NDArray[np.float64] | npt.NDArray[np.float32]
_Arrays = tuple[_Vector, _Matrix, _Matrix, _Matrix]

__version__: str

class Regime(IntEnum):
    """The market's regime. The values are also the positions in `RegimeState.probabilities`."""

    BEARISH = 0
    RANGING = 1
    BULLISH = 2

class IndicatorSnapshot:
    """The features of one candle. Raises `ValueError` for a value that is not a finite number."""

    __match_args__: Final = ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio")
    macd_hist_slope: float
    ema_spread_pct: float
    rsi_zone: float
    volume_ratio: float
    def __init__(self, macd_hist_slope: float, ema_spread_pct: float, rsi_zone: float, volume_ratio: float) -> None: ...

class RegimeState:
    """The regime of the market with its probabilities."""

    __match_args__: Final = (
        "regime",
        "probabilities",
        "confidence",
        "bias_signal",
        "last_update_ts",
        "observation_count",
    )
    regime: Regime
    probabilities: list[float]
    confidence: float
    bias_signal: float
    last_update_ts: float
    observation_count: int
    def __init__(
        self,
        regime: int = ...,
        probabilities: list[float] = ...,
        confidence: float = ...,
        bias_signal: float = ...,
        last_update_ts: float = ...,
        observation_count: int = ...,
    ) -> None: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> RegimeState: ...

class FeatureExtractor:
    """Computes features from closes and volumes."""

    __match_args__: ClassVar[tuple[str, ...]]
    def __init__(
        self,
        fast_ema_periods: int = ...,
        slow_ema_periods: int = ...,
        macd_fast: int = ...,
        macd_slow: int = ...,
        macd_signal: int = ...,
        rsi_period: int = ...,
        volume_avg_period: int = ...,
    ) -> None: ...
    @property
    def fast_ema_periods(self) -> int: ...
    @property
    def slow_ema_periods(self) -> int: ...
    @property
    def macd_fast(self) -> int: ...
    @property
    def macd_slow(self) -> int: ...
    @property
    def macd_signal(self) -> int: ...
    @property
    def rsi_period(self) -> int: ...
    @property
    def volume_avg_period(self) -> int: ...
    def extract(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> _Matrix: ...

class RegimeDetector:
    """Infers the regime of a market from closes and volumes, oldest first."""

    DEFAULT_CONFIG: ClassVar[dict[str, Any]]
    state: RegimeState
    last_observation: IndicatorSnapshot | None
    def __new__(cls, *arguments: Any, **keywords: Any) -> Self: ...
    def _configure(self, config: Mapping[str, Any] | None) -> None: ...
    @property
    def cfg(self) -> dict[str, Any]: ...
    @property
    def transmat(self) -> list[list[float]] | None: ...
    def train(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> bool: ...
    def update(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> RegimeState: ...
    def needs_retrain(self) -> bool: ...

class _HasBias(Protocol):
    @property
    def confidence(self) -> float: ...
    @property
    def bias_signal(self) -> float: ...

def compute_blended_idle_target(
    trend_score: float,
    hmm_bias: float,
    blend_factor: float,
    base_target: float,
    sensitivity: float,
    floor: float,
    ceiling: float,
) -> float: ...
def compute_grid_bias(regime_state: _HasBias, confidence_threshold: float = 0.15) -> dict[str, Any]: ...
def serialize_for_snapshot(detector: RegimeDetector) -> dict[str, Any]: ...
def restore_from_snapshot(detector: RegimeDetector, snapshot: Mapping[str, Any]) -> None: ...

class Filter:
    """A fitted model that takes one observation at a time, each in O(K²)."""

    def __init__(self, model: tuple[_Matrix, ...], d: int) -> None: ...
    def step(self, observation: Any) -> list[float]: ...
    def reset(self) -> None: ...
    @property
    def probabilities(self) -> list[float]: ...
    @property
    def log_likelihood(self) -> float: ...
    @property
    def n_observations(self) -> int: ...

def dirichlets(seed: int, k: int, start: bool, rows: bool) -> tuple[_Vector | None, _Matrix | None]: ...
def draws_of(k: int) -> int: ...
def k_means(x: _Data, k: int, seed: int | None = None, uniforms: _Vector | None = None) -> tuple[_Data, int]: ...
def em(
    x: _Matrix,
    lengths: list[int],
    model: tuple[_Matrix, ...],
    n_iter: int,
    tol: float,
    how: str,
    params: str,
    single: bool = False,
    single_means: bool = False,
) -> tuple[_Arrays, list[float], list[bool], BaseException | None]: ...
def score_samples(
    x: _Matrix, lengths: list[int], model: tuple[_Matrix, ...], how: str, single: bool = False
) -> tuple[float, _Matrix]: ...
def score(x: _Matrix, lengths: list[int], model: tuple[_Matrix, ...], how: str, single: bool = False) -> float: ...
def viterbi(
    x: _Matrix, lengths: list[int], model: tuple[_Matrix, ...], single: bool = False
) -> tuple[float, npt.NDArray[np.int64]]: ...
def filter_proba(x: _Matrix, lengths: list[int], model: tuple[_Matrix, ...]) -> _Matrix: ...
