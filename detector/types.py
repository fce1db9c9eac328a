"""What the detector says: a regime, the features it looked at, and how sure it is.

Both records are mutable; whatever is assigned to a field is checked and converted first, so that a record is never
half-way valid. The sentences are those of `docs/detector.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

from detector.checks import (
    number_or_none,
    read_duration,
    read_finite,
    read_fraction,
    read_integer,
    read_mapping,
    read_signed_fraction,
    refusal,
)


class Regime(IntEnum):
    """The market's regime. The values are also the positions in `RegimeState.probabilities`."""

    BEARISH = 0
    RANGING = 1
    BULLISH = 2


@dataclass(slots=True)
class IndicatorSnapshot:
    """The features of one candle, all finite and without unit. Raises `ValueError` for anything else."""

    macd_hist_slope: float  # in the price's unit a candle: the one feature that is not relative
    ema_spread_pct: float  # a fraction, despite its name: 0.01 is one percent
    rsi_zone: float  # from -1 (RSI 0) to 1 (RSI 100)
    volume_ratio: float  # 1 is the usual volume

    def __setattr__(self, name: str, value: object) -> None:
        """Check the value, then keep it."""
        object.__setattr__(self, name, read_finite(f"indicator_snapshot.{name}", value) if name in self.__slots__ else value)


@dataclass(slots=True)
class RegimeState:
    """What the detector knows about the market now.

    Raises `ValueError` that names the field if a value is not of its kind, in the constructor and at every assignment.
    """

    regime: Regime = Regime.RANGING
    probabilities: list[float] = field(default_factory=lambda: [0.0, 1.0, 0.0])  # bearish, ranging, bullish
    confidence: float = 0.0  # the highest probability minus the second, from 0 to 1, at 4 decimals
    bias_signal: float = 0.0  # from -1 (bearish) to 1 (bullish), at 4 decimals
    last_update_ts: float = 0.0  # seconds since 1970
    observation_count: int = 0  # candles that the probabilities rest on

    def __setattr__(self, name: str, value: object) -> None:
        """Check the value and convert it to its field's type, then keep it."""
        read = _STATE_READERS.get(name)
        object.__setattr__(self, name, value if read is None else read(f"regime_state.{name}", value))

    def to_dict(self) -> dict[str, Any]:
        """The state as plain data, ready for JSON: keys in field order, the regime as an int, the list copied."""
        return {
            "regime": int(self.regime),
            "probabilities": list(self.probabilities),
            "confidence": self.confidence,
            "bias_signal": self.bias_signal,
            "last_update_ts": self.last_update_ts,
            "observation_count": self.observation_count,
        }

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> RegimeState:
        """Read a state back: unknown keys are ignored, missing ones take the defaults.

        Raises `ValueError` for what is no mapping and for a value of the wrong kind. The first field counts, in field order.
        """
        given = read_mapping("regime_state", d)
        return cls(**{each.name: given[each.name] for each in fields(cls) if each.name in given})


def _read_regime(path: str, value: object) -> Regime:
    try:
        return Regime(read_integer(path, value, at_least=0))
    except ValueError:
        raise refusal(path, "0, 1 or 2", value) from None


def _read_probabilities(path: str, value: object) -> list[float]:
    wanted = "a list of three numbers from 0 to 1"
    if not isinstance(value, list | tuple) or len(value) != len(Regime):
        raise refusal(path, wanted, value)
    probabilities = []
    for item in value:
        number = number_or_none(item)
        if number is None or not 0.0 <= number <= 1.0:
            raise refusal(path, wanted, value)
        probabilities.append(number)
    return probabilities


def _read_count(path: str, value: object) -> int:
    return read_integer(path, value, at_least=0)


_STATE_READERS: dict[str, Callable[[str, object], object]] = {
    "regime": _read_regime,
    "probabilities": _read_probabilities,
    "confidence": read_fraction,
    "bias_signal": read_signed_fraction,
    "last_update_ts": read_duration,
    "observation_count": _read_count,
}
