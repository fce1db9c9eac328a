"""The layouts of candle files: which column holds what, by the names of a header, or by the number of columns without one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generators.candles.series import COLUMNS, CandleError

# Names of columns that are read only to check the others.
QUOTE, TRADES, MEAN, CLOSE_TIME, BOUGHT = "quote volume", "trades", "mean price", "close time", "volume bought"
# Names of the time column, the most precise first.
TIME_NAMES = ("unix", "unix timestamp", "open time", "timestamp", "time", "datetime", "date")
QUOTE_NAMES = ("quote volume", "quote asset volume", "volume quote")
VOLUME_NAMES = ("volume", "base volume", "volume base")
SYMBOL_NAMES = ("symbol", "pair", "ticker")
ADJUSTED = "adj close"
ROW = ",".join(COLUMNS)


@dataclass(frozen=True)
class Layout:
    """The index of each column of a row, by its name.

    `units` are those that times may be given in (any, if there is none), `symbol` is the index of the market's symbol.
    """

    name: str
    places: Mapping[str, int]
    headerless: bool = False
    units: tuple[str, ...] = ()
    symbol: int | None = None
    details: tuple[str, ...] = ()


_PRICES = {"timestamp": 0, "open": 1, "high": 2, "low": 3, "close": 4}
_PLAIN = {**_PRICES, "volume": 5}
# By the number of columns. What a row holds must then be confirmed by `generators.candles.evidence`.
HEADERLESS: Mapping[int, tuple[str, Mapping[str, int], tuple[str, ...]]] = {
    6: (ROW, _PLAIN, ()),
    7: ("Kraken OHLCVT", {**_PLAIN, TRADES: 6}, ("seconds",)),
    8: ("Kraken's API", {**_PRICES, MEAN: 5, "volume": 6, TRADES: 7}, ("seconds",)),
    12: (
        "Binance klines",
        {**_PLAIN, CLOSE_TIME: 6, QUOTE: 7, TRADES: 8, BOUGHT: 9},
        ("seconds", "milliseconds", "microseconds"),
    ),
}


def headerless(cells: int, kind: str, where: str) -> Layout:
    """Return the layout of rows without a header, by their number of cells. Raises `CandleError`."""
    if cells not in HEADERLESS:
        known = "; ".join(f"{count}: {name}" for count, (name, *_) in HEADERLESS.items())
        raise CandleError(f"{where}: has {cells} cells; known without a header are {known}; add a header line: {ROW}")
    name, places, units = HEADERLESS[cells]
    if cells == len(COLUMNS) and kind.startswith("JSON"):
        name = f"freqtrade, {name}"
    return Layout(f"{name}, without a header", places, headerless=True, units=units)


def named(header: Sequence[str], first_row: Sequence[str], kind: str, where: str) -> Layout:
    """Return the layout of rows after a header. The first row tells the base coin by its symbol. Raises `CandleError`."""
    names = [plain(cell) for cell in header]
    times = [name for name in TIME_NAMES if name in names]
    if not times:
        raise CandleError(f"{where}: the header has no column 'timestamp'; it must name {ROW}")
    places = {"timestamp": _only(names, times[0], where)}
    for column in COLUMNS[1:-1]:
        places[column] = _only(names, column, where)
    symbol = next((names.index(name) for name in SYMBOL_NAMES if name in names), None)
    details = [f"times from `{header[places['timestamp']]}`"] if len(times) > 1 else []
    exact = [name for name in VOLUME_NAMES if name in names]
    if exact:
        places["volume"] = _only(names, exact[0], where)
        quotes = [name for name in QUOTE_NAMES if name in names]
        if quotes:
            places[QUOTE] = _only(names, quotes[0], where)
    else:
        places |= _volumes_of_coins(names, symbol if symbol is None else first_row[symbol], where)
        details.append(f"volume from `{header[places['volume']]}`")
    if ADJUSTED in names:
        details.append(f"close from `{header[places['close']]}`, not from `{header[names.index(ADJUSTED)]}`")
    return Layout(_name_of(names, kind), places, symbol=symbol, details=tuple(details))


def plain(cell: str) -> str:
    """Return the name of a column in lower case, its words separated by one blank."""
    return re.sub(r"[\s_-]+", " ", cell.strip().strip("<>")).lower()


def _only(names: Sequence[str], column: str, where: str) -> int:
    if names.count(column) != 1:
        how = "more than one" if column in names else "no"
        raise CandleError(f"{where}: the header has {how} column {column!r}; it must name {ROW}")
    return names.index(column)


def _volumes_of_coins(names: Sequence[str], symbol: str | None, where: str) -> dict[str, int]:
    """Return the places of the base and the quote volume, which are named after their coins, as `Volume DOGE`."""
    coins = [name.removeprefix("volume ") for name in names if name.startswith("volume ")]
    if not coins:
        _only(names, "volume", where)
    market = re.sub(r"[^a-z0-9]", "", (symbol or "").lower())
    bases = [coin for coin in coins if market.startswith(coin)]
    if len(bases) != 1:
        listed = ", ".join(f"Volume {coin.upper()}" for coin in coins)
        which = (
            f"the symbol {symbol!r} does not begin with exactly one of these coins" if symbol else "there is no column Symbol"
        )
        raise CandleError(f"{where}: cannot tell the base coin's volume among {listed}, since {which}; name it `volume`")
    places = {"volume": _only(names, f"volume {bases[0]}", where)}
    quotes = [coin for coin in coins if market == bases[0] + coin]
    return places | ({QUOTE: _only(names, f"volume {quotes[0]}", where)} if quotes else {})


def _name_of(names: Sequence[str], kind: str) -> str:
    if {"open time", "close time"} <= set(names):
        return "Binance klines, with a header"
    if ADJUSTED in names:
        return "Yahoo"
    if names[0].startswith("unix") and any(name.startswith("volume ") for name in names):
        return "CryptoDataDownload"
    if kind.startswith(("feather", "parquet")) and "date" in names:
        return "freqtrade"
    return "named columns"
