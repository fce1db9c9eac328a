"""The reducer in a bot's loop: ticks, fills and timers of a market, by the adapter `doge_core`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import doge_core as sm
from doge_core.locate import HOW_TO_GET, find_executable
from doge_core.measuring import CHECK, FILL_TO_ACTION, REFUSALS, TRANSITION, VIOLATIONS
from generators.candles import CandleSeries, spacing_sec
from generators.reducer.market import CANDLES_PER_CASE, Traffic, open_chunk, order_size_usd, path_of, scaled_config
from generators.reducer.patches import named
from generators.reducer.stepping import Settings
from harness.telemetry.loop import REFERENCE, Metric, Share
from reducer.types import Event, PriceTick

BACKENDS = {REFERENCE: "python"}


class _Bot(Traffic):
    """Traffic whose every event goes through the adapter, as a bot sends it: new settings and a patched state each time."""

    def emit(self, event: Event) -> None:
        """Send the event, and check the state that it leads to."""
        state, settings = replace(named(self.state), now=self.state.now), self.settings
        self.state, _ = sm.transition(state, event, replace(settings.cfg), settings.order_size_usd, settings.order_sizes)
        sm.check_invariants(self.state)


class ReducerShare(Share):
    """One pair that is traded."""

    metrics = (
        Metric(name=TRANSITION, group="loop duration"),
        Metric(name=FILL_TO_ACTION, group="fill to action"),
        Metric(name=VIOLATIONS, group="invariant violations", kind="rate", per=CHECK),
        Metric(name=REFUSALS, group="invariant violations", kind="rate", per=TRANSITION),
    )

    @staticmethod
    def environment(side: str, recording: str) -> Mapping[str, str]:
        """Return the variables of `doge_core`, which asks the very executable that is found here."""
        executable = find_executable()
        named = {} if executable is None else {"DOGE_CORE_EXE": str(executable)}
        return {"DOGE_CORE_BACKEND": BACKENDS.get(side, "haskell"), "DOGE_CORE_TELEMETRY": recording, **named}

    @staticmethod
    def missing(side: str) -> str | None:
        """Return how to get the executable, where it is needed and not here."""
        return None if side in BACKENDS or find_executable() is not None else HOW_TO_GET

    def begin(self, series: CandleSeries) -> None:
        """Take the settings from the market."""
        self._candles, self._leg_sec = series.candles, spacing_sec(series.candles) / 4
        size_usd = order_size_usd(series.candles)
        self._settings = Settings(scaled_config(series.candles, {}), size_usd, None)
        self._bot: _Bot | None = None

    def round(self, candle: int, corner: int) -> None:
        """Send the events of a leg of the candle's path."""
        here = self._candles[candle]
        bot = self._bot
        if bot is None or (corner == 0 and candle % CANDLES_PER_CASE == 0):
            before = sm.PairState(market_price=here.open, now=here.start_sec) if bot is None else bot.state
            bot = self._bot = _Bot(open_chunk(before, self._settings), self._settings, random.Random(candle))
        if corner == 0:
            bot.emit(PriceTick(here.open, here.start_sec))
            return
        path = path_of(here)
        bot.leg(here, corner - 1, path[corner - 1], path[corner], self._leg_sec)
        if corner == len(path) - 1:
            bot.end(here, self._leg_sec)

    def problem(self) -> str | None:
        """Return the first fallback of the adapter."""
        fallbacks = sm.status().get("fallbacks", {})
        return f"the adapter fell back ({next(iter(fallbacks))})" if fallbacks else None
