"""The market fills what its path trades through, at the order's price, in the order of the path."""

from __future__ import annotations

import random

import pytest

import state_machine as sm
from generators.candles import Candle, CandleSeries
from generators.reducer.case import Case
from generators.reducer.market import PROFILES, Traffic, chunked_cases, market_cases, scaled_config
from generators.reducer.stepping import Settings
from harness.engine.met import Met, never_met
from harness.subjects.reducer.cases import CASES_TO_MEET_ALL, ReducerTally
from harness.subjects.reducer.ports.python import PythonPort
from reducer.types import EngineConfig, OrderState, PairState, RecoveryOrder

# Nothing is refreshed here: a test watches the very orders it put on the book.
CFG = EngineConfig(profit_pct=1.0, entry_pct=1.0, refresh_pct=100.0)


def traffic(*orders: OrderState, recoveries: tuple[RecoveryOrder, ...] = ()) -> Traffic:
    state = PairState(market_price=100.0, now=0.0, orders=orders, recovery_orders=recoveries, next_order_id=10)
    return Traffic(state, Settings(CFG, 2000.0), random.Random(0))


def entry(local_id: int, side: sm.Side, price: float) -> OrderState:
    return OrderState(local_id, side, "entry", price, 20.0, "A" if side == "sell" else "B", 1)


def fills(made: Traffic) -> list[tuple[str, float]]:
    return [(event["_type"], event["price"]) for event in made.events if event["_type"].endswith("FillEvent")]


def test_a_rising_candle_goes_to_its_low_first() -> None:
    made = traffic(entry(1, "buy", 99.0), entry(2, "sell", 100.5))
    made.trade(Candle(0.0, 100.0, 103.0, 98.0, 101.0, 1.0), 60.0)
    assert fills(made)[:2] == [("FillEvent", 99.0), ("FillEvent", 100.5)]
    assert [event["price"] for event in made.events if event["_type"] == "PriceTick"] == [100.0, 98.0, 103.0, 101.0]


def test_a_falling_candle_goes_to_its_high_first() -> None:
    made = traffic(entry(1, "buy", 99.0), entry(2, "sell", 102.0))
    made.trade(Candle(0.0, 100.0, 103.0, 98.0, 99.5, 1.0), 60.0)
    assert fills(made)[:2] == [("FillEvent", 102.0), ("FillEvent", 99.0)]
    assert [event["price"] for event in made.events if event["_type"] == "PriceTick"] == [100.0, 103.0, 98.0, 99.5]


def test_an_order_outside_the_candle_is_not_filled() -> None:
    made = traffic(entry(1, "buy", 97.99), entry(2, "sell", 103.01))
    made.trade(Candle(0.0, 100.0, 103.0, 98.0, 101.0, 1.0), 60.0)
    assert fills(made) == []


def test_a_touched_price_fills_and_pays_the_maker_fee() -> None:
    made = traffic(entry(1, "buy", 98.0))
    made.follow(100.0, 98.0, 0.0, 15.0)
    (event,) = made.events
    assert event["fee"] == 98.0 * 20.0 * 0.0025
    assert event["timestamp"] == 15.0


def test_orders_on_one_leg_are_filled_nearest_first() -> None:
    made = traffic(entry(1, "buy", 96.0), entry(2, "buy", 98.0), entry(3, "buy", 99.0))
    made.follow(100.0, 97.0, 0.0, 15.0)
    assert fills(made) == [("FillEvent", 99.0), ("FillEvent", 98.0)]
    times = [event["timestamp"] for event in made.events]
    assert times == sorted(times)


def test_an_exit_that_a_fill_brings_is_there_for_the_rest_of_the_path() -> None:
    made = traffic(entry(1, "buy", 99.0))
    made.trade(Candle(0.0, 100.0, 110.0, 98.0, 109.0, 1.0), 60.0)
    assert [name for name, _ in fills(made)][:2] == ["FillEvent", "FillEvent"]
    assert made.state.total_round_trips >= 1


def test_recovery_orders_are_filled_too() -> None:
    order = RecoveryOrder(1, "sell", 101.0, 20.0, "B", 1, 99.0, 0.0)
    made = traffic(recoveries=(order,))
    made.follow(100.0, 102.0, 0.0, 15.0)
    assert fills(made) == [("RecoveryFillEvent", 101.0)]


def test_a_market_meets_every_phase_event_and_action() -> None:
    rng = random.Random(3)
    price, candles = 0.2, []
    for minute in range(600):
        close = price * (1 + rng.gauss(0, 0.01))
        high, low = max(price, close) * 1.003, min(price, close) * 0.997
        candles.append(Candle(minute * 300.0, price, high, low, close, 1.0))
        price = close
    met, port = Met(ReducerTally()), PythonPort()
    for case in chunked_cases(candles, source="walk", seed=1):
        outcome = port.replay(case)
        assert not [step for step in outcome.answer["steps"] if "error" in step]
        met.add(case, outcome)
    assert never_met(met.tally, CASES_TO_MEET_ALL, met.counts) == []
    assert list(chunked_cases(candles, source="walk", seed=1)) == list(chunked_cases(candles, source="walk", seed=1))


def test_distances_and_durations_follow_the_candles_upwards() -> None:
    daily = [Candle(day * 86400.0, 1200.0, 1224.0, 1188.0, 1210.0, 1.0) for day in range(3)]
    cfg = scaled_config(daily, PROFILES[0])
    assert cfg.s1_orphan_after_sec == EngineConfig().s1_orphan_after_sec * 288.0
    assert cfg.entry_pct > EngineConfig().entry_pct * 5
    assert cfg.price_decimals == 2
    five_minutes = [Candle(step * 300.0, 0.2, 0.2 * 1.0033, 0.2, 0.2, 1.0) for step in range(3)]
    cfg, default = scaled_config(five_minutes, {}), EngineConfig()
    for name, value in vars(default).items():
        assert getattr(cfg, name) == (None if value is None else pytest.approx(value, rel=1e-9)), name


def test_distances_durations_and_decimals_follow_the_candles_downwards() -> None:
    quiet = [Candle(step * 10.0, 2e-6, 2e-6 * 1.00033, 2e-6, 2e-6, 1.0) for step in range(3)]
    cfg, default = scaled_config(quiet, PROFILES[0]), EngineConfig()
    assert cfg.price_decimals == default.price_decimals + 5
    assert cfg.s1_orphan_after_sec == pytest.approx(default.s1_orphan_after_sec / 30.0)
    assert cfg.entry_pct == pytest.approx(default.entry_pct / 10.0)


def test_no_distance_vanishes_in_the_price_grid() -> None:
    still = [Candle(step * 300.0, 0.2, 0.2, 0.2, 0.2, 1.0) for step in range(3)]
    for profile in PROFILES:
        cfg = scaled_config(still, profile)
        nearest = min(cfg.entry_pct, cfg.entry_pct_a or cfg.entry_pct, cfg.entry_pct_b or cfg.entry_pct)
        assert 0.2 * nearest / 100.0 >= 9.99 * 10.0**-cfg.price_decimals


def walked(price: float, decimals: int, *, spread: float = 0.01, count: int = 144) -> CandleSeries:
    """Five-minute candles of a random walk on a grid of prices."""
    rng, candles = random.Random(3), []
    for minute in range(count):
        close = round(price * (1 + rng.gauss(0, spread)), decimals)
        high, low = (
            round(max(price, close) * (1 + 0.3 * spread), decimals),
            round(min(price, close) * (1 - 0.3 * spread), decimals),
        )
        candles.append(Candle(minute * 300.0, price, high, low, close, 1.0))
        price = close
    return CandleSeries(source="walk", layout="made", candles=candles, rows=count)


def exercised(cases: list[Case]) -> Met:
    """What market-driven cases exercise."""
    met, port = Met(ReducerTally()), PythonPort()
    for case in cases:
        outcome = port.replay(case)
        met.add(case, outcome)
        met.add_values(case, outcome)
    return met


@pytest.mark.parametrize(("price", "decimals"), [(1.3e-6, 8), (0.2, 5), (90_000.0, 2)])
def test_a_market_of_any_price_exercises_enough(price: float, decimals: int) -> None:
    met = exercised(market_cases(walked(price, decimals), windows_max=6))
    assert met.too_few() == {}


@pytest.mark.parametrize(("windows", "needed"), [(1, 6), (2, 12), (3, 18), (4, 24), (5, 30), (6, 30)])
def test_prices_that_rounding_makes_alike_are_too_few_however_few_the_windows(
    windows: int, needed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generators.reducer.market.DEFAULT_PRICE_USD", 1.3e-6)
    met = exercised(market_cases(walked(1.3e-6, 8), windows_max=windows))
    found, least = met.too_few()["order prices"]
    assert found < min(10, least)
    assert least == needed


@pytest.mark.parametrize("windows", [1, 2, 3, 4, 5, None])
def test_a_market_that_stands_still_is_too_little_however_few_its_windows(windows: int | None) -> None:
    still = exercised(market_cases(walked(0.2, 5, spread=0.0), windows_max=windows))
    assert {"order prices", "fills", "phases"} <= still.too_few().keys()


def test_no_window_exercises_nothing_and_is_asked_nothing() -> None:
    assert exercised(market_cases(walked(0.2, 5, spread=0.0), windows_max=0)).too_few() == {}


@pytest.mark.parametrize("windows", [1, 2, 3, 4])
def test_a_few_windows_of_a_market_that_moves_are_enough(windows: int) -> None:
    assert exercised(market_cases(walked(0.2, 5, count=24 * 12), windows_max=windows)).too_few() == {}


def test_windows_are_spread_over_the_market() -> None:
    series = walked(0.2, 5, count=24 * 12)
    assert [case.metadata["index"] for case in market_cases(series, windows_max=4)] == [0, 3, 6, 9]
    assert len(market_cases(series)) == 12
    assert market_cases(series, windows_max=0) == []
