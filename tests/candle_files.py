"""Small candle files in the layouts that people have, made of one walk of prices."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from generators.candles import Candle

START_SEC, HOUR_SEC = 1_735_689_600, 3600
HEADER = "timestamp,open,high,low,close,volume"
KLINES = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"


@dataclass(frozen=True)
class Traded:
    """A candle with what exchanges say beside it."""

    candle: Candle
    mean: float
    trades: int

    @property
    def start(self) -> int:
        """The start in whole seconds."""
        return int(self.candle.start_sec)

    @property
    def prices(self) -> str:
        """Open, high, low and close."""
        each = self.candle
        return f"{each.open!r},{each.high!r},{each.low!r},{each.close!r}"

    @property
    def quote(self) -> float:
        """The quote volume."""
        return self.candle.volume * self.mean


def walk(count: int = 30, *, price: float = 0.3, decimals: int = 6, seed: int = 1) -> list[Traded]:
    """Candles of an hour, each of which opens where the one before closed."""
    rng, found = random.Random(seed), []
    for number in range(count):
        close = round(price * (1 + rng.gauss(0, 0.01)), decimals)
        high = round(max(price, close) * (1 + rng.random() * 0.004), decimals)
        low = round(min(price, close) * (1 - rng.random() * 0.004), decimals)
        volume = round(1000 * 10 ** rng.uniform(0, 2), 4)
        candle = Candle(float(START_SEC + number * HOUR_SEC), price, high, low, close, volume)
        found.append(Traded(candle, (high + low) / 2, rng.randint(1, 900)))
        price = close
    return found


def candles(made: list[Traded]) -> list[Candle]:
    """What a reader must make of them."""
    return [each.candle for each in made]


def plain_rows(made: list[Traded]) -> list[str]:
    """`timestamp,open,high,low,close,volume` in seconds."""
    return [f"{each.start},{each.prices},{each.candle.volume!r}" for each in made]


def kraken_rows(made: list[Traded]) -> list[str]:
    """Kraken's OHLCVT dump."""
    return [f"{row},{each.trades}" for row, each in zip(plain_rows(made), made, strict=True)]


def kraken_api_rows(made: list[Traded]) -> list[str]:
    """Kraken's API, with the mean price before the volume."""
    return [f"{each.start},{each.prices},{each.mean!r},{each.candle.volume!r},{each.trades}" for each in made]


def binance_rows(made: list[Traded], per_sec: int = 1_000_000) -> list[str]:
    """Binance klines with times in a unit."""
    rows = []
    for each in made:
        start, end = each.start * per_sec, (each.start + HOUR_SEC) * per_sec - 1
        bought = f"{each.candle.volume / 2!r},{each.quote / 2!r}"
        rows.append(f"{start},{each.prices},{each.candle.volume!r},{end},{each.quote!r},{each.trades},{bought},0")
    return rows


def cdd_rows(made: list[Traded], *, quote_first: bool = False, symbol: str = "DOGEUSDT") -> list[str]:
    """CryptoDataDownload: an address, a header, the newest candle first."""
    volumes = ["Volume DOGE", "Volume USDT"]
    rows = []
    for each in reversed(made):
        pair = [repr(each.candle.volume), repr(each.quote)]
        cells = ",".join(reversed(pair) if quote_first else pair)
        rows.append(f"{each.start * 1000},2025-01-01,{symbol},{each.prices},{cells},{each.trades}")
    named = ",".join(reversed(volumes) if quote_first else volumes)
    return ["https://www.CryptoDataDownload.com", f"Unix,Date,Symbol,Open,High,Low,Close,{named},tradecount", *rows]


def written(folder: Path, rows: list[str], name: str = "candles.csv") -> Path:
    """The rows as a file."""
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
