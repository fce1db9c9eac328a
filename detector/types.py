"""The detector's results: regimes, the features of a candle, and the state.

Both records are mutable. A value is checked and converted before it is assigned to a field, so that a record is always valid.
The error messages are those of `docs/detector.md`.
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
    """The features of one candle. Raises `ValueError` for a value that is not a finite number."""

    macd_hist_slope: float  # in the price's unit per candle: the only feature that is not relative
    ema_spread_pct: float  # a fraction, despite its name: 0.01 is one percent
    rsi_zone: float  # from -1 (RSI 0) to 1 (RSI 100)
    volume_ratio: float  # 1 is the average volume

    def __setattr__(self, name: str, value: object) -> None:
        """Check the value and convert it to a float, then assign it."""
        object.__setattr__(self, name, read_finite(f"indicator_snapshot.{name}", value) if name in self.__slots__ else value)


@dataclass(slots=True)
class RegimeState:
    """The regime of the market with its probabilities.

    The constructor and every assignment raise `ValueError` that names the field if its value is invalid.
    """

    regime: Regime = Regime.RANGING
    probabilities: list[float] = field(default_factory=lambda: [0.0, 1.0, 0.0])  # bearish, ranging, bullish
    confidence: float = 0.0  # the highest probability minus the second, from 0 to 1, at 4 decimals
    bias_signal: float = 0.0  # from -1 (bearish) to 1 (bullish), at 4 decimals
    last_update_ts: float = 0.0  # seconds since 1970
    observation_count: int = 0  # the candles behind the probabilities

    def __setattr__(self, name: str, value: object) -> None:
        """Check the value and convert it to its field's type, then assign it."""
        read = _STATE_READERS.get(name)
        object.__setattr__(self, name, value if read is None else read(f"regime_state.{name}", value))

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain data, ready for JSON: keys in field order, the regime as an int, the list copied."""
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
        """Read a state from plain data: unknown keys are ignored, missing ones take the defaults.

        Raises `ValueError` if `d` is not a mapping, or for the first invalid value in field order.
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
