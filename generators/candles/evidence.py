"""Evidence that columns hold what a layout says: a file that is read in the wrong columns looks like any other market.

Some evidence must hold in every row. The rest may fail in the odd row of a real file, but fails in nearly all rows if the
columns are others, so it has to hold in more than half of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from generators.candles.cells import EARLIEST_SEC
from generators.candles.layouts import BOUGHT, CLOSE_TIME, MEAN, QUOTE, TRADES

Floats = npt.NDArray[np.float64]
Columns = Mapping[str, Floats]


def contradictions(columns: Columns, *, headerless: bool) -> Iterator[str]:
    """Yield a sentence for everything that contradicts the columns, which are in order of time."""
    if QUOTE in columns and not _is_quote(columns[QUOTE], columns["volume"], columns):
        yield "the volume and the quote volume do not fit the prices (quote / base is not between low and high)"
    if not headerless:
        return
    yield from _of_prices(columns)
    yield from _of_volumes(columns)
    if CLOSE_TIME in columns:
        yield from _of_klines(columns)


def _mostly(holds: npt.NDArray[np.bool_]) -> bool:
    return not len(holds) or bool(2 * np.count_nonzero(holds) > len(holds))


def _is_whole(values: Floats) -> bool:
    return bool(np.all(values == np.floor(values)))


def _is_quote(quote: Floats, base: Floats, columns: Columns) -> bool:
    """Return True if `quote` is what `base` was worth at the prices of each candle."""
    traded = base > 0
    mean = quote[traded] / base[traded]
    # The mean of prices between low and high is between them too, up to the rounding of both volumes to a few digits.
    slack = 1e-6
    return _mostly((mean >= columns["low"][traded] * (1 - slack)) & (mean <= columns["high"][traded] * (1 + slack)))


def _gap(firsts: Floats, lasts: Floats) -> float:
    """Return the sum of the gaps between the last price of each candle and the first one of the next."""
    return float(np.abs(firsts[1:] - lasts[:-1]).sum())


def _of_prices(columns: Columns) -> Iterator[str]:
    if _gap(columns["open"], columns["close"]) > _gap(columns["close"], columns["open"]):
        yield "a candle does not open where the one before closed (open and close may be exchanged)"


def _of_volumes(columns: Columns) -> Iterator[str]:
    volume, low, high = columns["volume"], columns["low"], columns["high"]
    if np.all((low <= volume) & (volume <= high)) or _moves_like_a_price(volume, low, high):
        yield "the volume is between low and high, or moves as little as a price does (it may be a mean or an adjusted price)"
    if MEAN in columns:
        traded = volume > 0
        mean = columns[MEAN]
        if not np.all((low[traded] <= mean[traded]) & (mean[traded] <= high[traded])):
            yield "the sixth column is not between low and high, as the mean price must be"
        if _gap(columns["open"], columns["close"]) > min(_gap(mean, columns["close"]), _gap(columns["open"], mean)):
            yield "the mean price joins the candles better than open and close do (they may be exchanged)"
    if TRADES not in columns:
        return
    trades = columns[TRADES]
    if not _is_whole(trades) or np.any(trades < 0) or np.any(trades >= EARLIEST_SEC):
        yield "the number of trades is not a count (it has fractions, or is as large as a time)"
    elif QUOTE not in columns and MEAN not in columns:
        if _is_whole(volume):
            yield "all volumes are whole numbers, as the number of trades is, so these two cannot be told apart"
        elif np.any(volume > 0) and (_is_quote(trades, volume, columns) or _is_quote(volume, trades, columns)):
            yield "the number of trades is the volume times the price, or the other way round, as a quote volume is"


def _moves_like_a_price(values: Floats, low: Floats, high: Floats) -> bool:
    """Return True if values change from candle to candle by no more than a price does within one."""
    if np.any(values <= 0) or np.all(values == values[0]):
        return False
    changes = np.abs(np.diff(np.log(values)))
    return bool(np.median(changes) <= np.median(np.log(high / low)))


def _of_klines(columns: Columns) -> Iterator[str]:
    starts, ends = columns["timestamp"], columns[CLOSE_TIME]
    if np.any(ends <= starts) or not _mostly(ends[:-1] <= starts[1:]):
        yield "the seventh column is not the time at which a candle closes"
    if not _mostly(columns[BOUGHT] <= columns["volume"]):
        yield "the volume bought by takers is above the volume"
