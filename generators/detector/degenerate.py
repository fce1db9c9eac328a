"""Scripts that train on markets at the edge of what can be learnt, and that ask what their models say."""

from __future__ import annotations

from generators.plain import Json

# While the price stands still, a state with few rows has a narrow variance in three features, so that it soon has fewer, and
# then none. Each is `a`, `b`, the modulus and the number of candles of the volumes 1 + (a i^2 + b i) // 3 % modulus. The first
# leaves means that are not finite, the second no finite parameter at all.
LOST_STATES = ((1, 0, 7, 120), (3, 1, 11, 120))
# Forty rounds of EM are enough for a state to be lost, two to get any model.
UNTIL_LOST: Json = {"HMM_MIN_TRAIN_SAMPLES": 1, "HMM_N_ITER": 40}
BRIEFLY: Json = {"HMM_MIN_TRAIN_SAMPLES": 1, "HMM_N_ITER": 2}
# The volume doubles with each candle, so that its ratio to its average is the same double everywhere once the first volume is
# forgotten; added up over 22 rows and divided, it is a last bit too high.
DOUBLING = 82
DOUBLING_PERIODS: Json = {"volume_avg_period": 12, "rsi_period": 60}


def degenerate_script() -> list[Json]:
    """Steps that lose a state, round the mean of a constant feature, reach certainty, and train while warnings are off."""
    return [*_lost_states(), *_doubling_volume(), *_certainty(), *_unheard()]


def wave(candles: int) -> list[float]:
    """Closes that go up and down, and from which anything can be learnt."""
    return [1.0 + 0.1 * (candle % 7) + 0.01 * (candle % 11) for candle in range(candles)]


def _detector(name: str, config: Json) -> Json:
    return {"new": "RegimeDetector", "kwargs": {"config": config}, "as": name}


def _lost_states() -> list[Json]:
    steps: list[Json] = [_detector("losing", UNTIL_LOST)]
    for a, b, modulus, candles in LOST_STATES:
        volumes = [float(1 + (a * i * i + b * i) // 3 % modulus) for i in range(candles)]
        steps += [{"call": "losing.train", "args": [[0.5] * candles, volumes]}, {"call": "losing.needs_retrain"}]
    return steps


def _doubling_volume() -> list[Json]:
    return [
        _detector("doubling", BRIEFLY),
        {"new": "FeatureExtractor", "kwargs": DOUBLING_PERIODS, "as": "slow"},
        {"set": "doubling._extractor", "value": {"ref": "slow"}},
        {"call": "doubling.train", "args": [wave(DOUBLING), [2.0**candle for candle in range(DOUBLING)]]},
    ]


def _certainty() -> list[Json]:
    """Update with ever steeper rises: one regime's probability is exactly 1, which the threshold is, and the others' are 0."""
    calm, ones = wave(90), [1.0] * 90
    steps: list[Json] = [
        _detector("certain", {**BRIEFLY, "HMM_CONFIDENCE_THRESHOLD": 1.0}),
        {"call": "certain.train", "args": [calm, ones]},
    ]
    for factor in (1.25, 1.5, 2.0, 3.0):
        rising = [*calm[:60], *(factor**step for step in range(30))]
        # Not the time of the update, which is the clock's.
        fields = ["regime", "probabilities", "confidence", "bias_signal", "observation_count"]
        steps.append({"call": "certain.update", "args": [rising, ones], "fields": fields})
    return steps


def _unheard() -> list[Json]:
    """Train on a constant market where the caller has switched Python's warnings off: the log tells of it anyway."""
    return [
        _detector("unheard", BRIEFLY),
        {"call": "unheard.train", "args": [[0.5] * 40, [1.0] * 40], "warnings": "ignore"},
    ]
