"""Scripts that pass single values at the limits of what is accepted to every place that takes a value from a caller."""

from __future__ import annotations

from typing import Any

import numpy as np

from generators.detector.degenerate import BRIEFLY, degenerate_script, wave
from generators.plain import Json

# Numbers on either side of every limit, non-finite ones, and integers beyond a double's range.
NUMBERS: tuple[Any, ...] = (
    0, 1, -1, 2, 3, 4, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 3.0, 1.5, -1.5, 1.0000000001, -1.0000000001, 1.05, -1.05, 1e300,
    float("nan"), float("inf"), float("-inf"), 2**31 - 1, 2**31, -(2**31), 2**63, 10**400,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (True, False, None, "1.0", "diag", "x" * 77, "x" * 78, "x" * 79, [], [0.5], {}, {"a": 1})
LISTS: tuple[Any, ...] = (
    [0.2, 0.3, 0.5], [0, 1, 0], [0.5, 0.5], [0.25] * 4, [1.5, 0.0, 0.0], [-0.5, 0.5, 1.0], [float("nan"), 0.0, 1.0],
    [0.0, True, 0.0], [0.0, None, 0.0], "abc", [0.0, 1.0000000001, 0.0], [1.0, 0.0, -1e-10],
)  # fmt: skip
STATE = ("regime", "probabilities", "confidence", "bias_signal", "last_update_ts", "observation_count")
SNAPSHOT = ("_hmm_regime_state", "_hmm_last_train_ts", "_hmm_trained")
INDICATORS = ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio")
SETTINGS = (
    "HMM_N_STATES", "HMM_N_ITER", "HMM_COVARIANCE_TYPE", "HMM_INFERENCE_WINDOW", "HMM_CONFIDENCE_THRESHOLD",
    "HMM_RETRAIN_INTERVAL_SEC", "HMM_MIN_TRAIN_SAMPLES", "HMM_BIAS_GAIN", "HMM_BLEND_WITH_TREND", "HMM_UNKNOWN",
)  # fmt: skip
PERIODS = ("fast_ema_periods", "slow_ema_periods", "macd_fast", "macd_slow", "macd_signal", "rsi_period", "volume_avg_period")
ROWS = 18
# A slow average of three candles is zero at every second one: the spread is -1e298 / 1e-10, and a sum of two overflows.
STEEP: Json = {"fast_ema_periods": 1, "slow_ema_periods": 3}
ABYSS = [1e298, *([-1e298, 2e298] * 20)]


class _Choice:
    """Picks from lists with one random generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def of(self, options: tuple[Any, ...]) -> Any:
        return options[int(self.rng.integers(0, len(options)))]

    def value(self) -> Any:
        return self.of(NUMBERS) if self.rng.random() < 0.7 else self.of(OTHERS)

    def field(self, name: str) -> Any:
        """Pick a value for a field of a state; mostly a list for the field that takes one."""
        return self.of(LISTS) if name == "probabilities" and self.rng.random() < 0.7 else self.value()


def refusal_script(rng: np.random.Generator, *, rounds: int = 10) -> list[Json]:
    """Steps that pass values at the limits; each is accepted, or refused in one sentence.

    Every list is passed as probabilities. A script in three trains, which takes longer than all the rest.
    """
    choice, steps = _Choice(rng), list[Json]()
    steps.append({"new": "RegimeState", "as": "state"})
    steps.append({"new": "IndicatorSnapshot", "kwargs": dict.fromkeys(INDICATORS, 0.5), "as": "shown"})
    steps.append({"new": "RegimeDetector", "as": "restored"})
    for _ in range(rounds):
        steps += _states(choice) + _settings(choice) + _snapshots(choice) + _series(choice) + _short(choice)
    for values in LISTS:
        steps += [{"set": "state.probabilities", "value": values}, {"get": "state.probabilities"}]
    return steps + (_failures() + degenerate_script() if choice.of((True, False, False)) else []) + _plainly_wrong()


def _states(choice: _Choice) -> list[Json]:
    steps: list[Json] = []
    for name in STATE:
        steps.append({"set": f"state.{name}", "value": choice.field(name)})
        steps.append({"get": f"state.{name}"})
    steps.append(
        {"call": "RegimeState.from_dict", "args": [{name: choice.field(name)} if choice.of((1, 1, 0)) else choice.value()]}
    )
    for name in INDICATORS:
        steps.append({"set": f"shown.{name}", "value": choice.value()})
        steps.append({"get": f"shown.{name}"})
    for record in ("state", "shown"):
        # No record has such a field, whatever the value.
        steps += [{"set": f"{record}.colour", "value": choice.of(("red", choice.value()))}, {"get": f"{record}.colour"}]
    steps.append({"call": "compute_grid_bias", "args": [{"ref": "state"}], "kwargs": {"confidence_threshold": choice.value()}})
    for _ in range(3):
        # Any object with these two attributes is accepted, and its values may exceed a state's limits.
        alike = {"like": {"confidence": choice.value(), "bias_signal": choice.value()}}
        steps.append({"call": "compute_grid_bias", "args": [alike], "kwargs": {"confidence_threshold": choice.of((0.0, -1.0))}})
    args: list[Any] = [0.5, 0.25, 0.5, 0.6, 0.2, 0.1, 0.9]
    args[choice.of(tuple(range(7)))] = choice.value()
    return [*steps, {"call": "compute_blended_idle_target", "args": args}]


def _settings(choice: _Choice) -> list[Json]:
    steps: list[Json] = []
    for _ in range(4):
        config = {choice.of(SETTINGS): choice.value() for _ in range(choice.of((1, 1, 2)))}
        steps.append({"new": "RegimeDetector", "kwargs": {"config": config}, "as": "made"})
    steps.append({"new": "RegimeDetector", "kwargs": {"config": choice.of(OTHERS)}, "as": "made"})
    steps.append({"new": "FeatureExtractor", "kwargs": {choice.of(PERIODS): choice.value()}, "as": "extractor"})
    return steps


def _snapshots(choice: _Choice) -> list[Json]:
    steps: list[Json] = []
    for _ in range(3):
        stored = {name: choice.value() for name in SNAPSHOT if choice.of((True, False))}
        if "_hmm_regime_state" in stored and choice.of((True, False)):
            name = choice.of(STATE)
            stored["_hmm_regime_state"] = {name: choice.field(name)}
        steps.append({"call": "restore_from_snapshot", "args": [{"ref": "restored"}, stored]})
        steps.append({"call": "serialize_for_snapshot", "args": [{"ref": "restored"}]})
    return [*steps, {"call": "restore_from_snapshot", "args": [{"ref": "restored"}, choice.of(OTHERS)]}]


def _series(choice: _Choice) -> list[Json]:
    """Pass malformed lists: one bad item, integers beyond 64 bits, ragged or nested lists."""
    steps: list[Json] = [{"new": "FeatureExtractor", "as": "plain"}]
    for _ in range(2):
        numbers: list[Any] = [1.0 + 0.01 * number for number in range(ROWS)]
        spoiled: list[Any] = [
            [*numbers[:5], choice.value(), *numbers[6:]], [int(100 * number) * choice.of((1, 10**20)) for number in numbers],
            [numbers, numbers], [numbers, numbers[1:]], [True, numbers], choice.value(), numbers[: choice.of((14, 15, 16))],
        ]  # fmt: skip
        pair = [spoiled[choice.of(tuple(range(len(spoiled))))], numbers]
        steps.append({"call": "plain.extract", "args": pair if choice.of((True, False)) else pair[::-1]})
    return steps


def _short(choice: _Choice) -> list[Json]:
    """Pass too few candles for a row of features, or just enough, for periods down to one."""
    period, length = choice.of((1, 2, 14)), choice.of((0, 1, 2, 3))
    candles = [1.0, 2.0, 4.0][:length]
    return [
        {"new": "FeatureExtractor", "kwargs": {"rsi_period": period}, "as": "brief"},
        {"call": "brief.extract", "args": [candles, candles]},
    ]


def _failures() -> list[Json]:
    """Train on a constant market, which gives a degenerate model, and on one whose features overflow."""
    ones = [1.0] * len(ABYSS)
    calls: list[Json] = []
    for closes in ([0.5] * len(ABYSS), wave(90)):
        calls += [
            {"set": "failing._extractor", "value": {"ref": "usual"}},
            {"call": "failing.train", "args": [closes, [1.0] * len(closes)]},
            {"set": "failing._extractor", "value": {"ref": "steep"}},
            {"call": "failing.update", "args": [ABYSS, ones]},
        ]
    return [
        {"new": "RegimeDetector", "kwargs": {"config": BRIEFLY}, "as": "failing"},
        {"new": "FeatureExtractor", "as": "usual"},
        {"new": "FeatureExtractor", "kwargs": STEEP, "as": "steep"},
        *calls,
        {"call": "failing.train", "args": [ABYSS, ones]},
        {"call": "failing.needs_retrain"},
        *_just_enough(len(ABYSS) - 14),
    ]


def _just_enough(rows: int) -> list[Json]:
    """Train with exactly the minimum number of rows, and with one too few."""
    steps: list[Json] = []
    for wanted in (rows, rows + 1):
        steps.append(
            {"new": "RegimeDetector", "kwargs": {"config": {**BRIEFLY, "HMM_MIN_TRAIN_SAMPLES": wanted}}, "as": "content"}
        )
        steps.append({"call": "content.train", "args": [[0.5] * len(ABYSS), [1.0] * len(ABYSS)]})
    return steps


def _plainly_wrong() -> list[Json]:
    """Pass a text for each number of the blend, and a boolean among prices, so that neither depends on chance."""
    good: list[Any] = [0.5, 0.25, 0.5, 0.6, 0.2, 0.1, 0.9]
    blends = [[*good[:position], "text", *good[position + 1 :]] for position in range(len(good))]
    prices = [1.0 + 0.01 * number for number in range(ROWS)]
    mixed = {"call": "plain.extract", "args": [[*prices[:7], True, *prices[8:]], prices]}
    return [*({"call": "compute_blended_idle_target", "args": args} for args in blends), mixed]
