"""Scripts: short lists of calls on a port's names, for its functions and for input that it must refuse.

A step is one of `{"new": NAME, "kwargs": {…}, "as": NAME}`, `{"call": NAME or OBJECT.METHOD, "args": […], "kwargs": {…}}`,
`{"set": OBJECT.ATTRIBUTE, "value": …}`, `{"get": OBJECT.ATTRIBUTE}`. The argument `{"ref": NAME}` stands for an object made
by an earlier step, `{"like": {…}}` for an object with only these attributes. A call may have `"fields": […]`, the attributes
of its result that are compared, and a step `"warnings": "ignore"`, the action of Python's warnings filter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from generators.detector.case import Floats, Series
from generators.dial import Dial
from generators.plain import Json

# Bits of the integers from which one call and one number are decoded.
CALL_BITS, NUMBER_BITS = 40, 30
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.15, 0.1499999, 1e-17, -1e-17, float("nan"), float("inf"), float("-inf"))


def _number(rng: np.random.Generator, dial: Dial) -> float:
    """Pick an ordinary number or a special one."""
    return dial.of(SPECIAL) if dial.flag(4) else float(np.round(rng.uniform(-1.2, 1.2), int(rng.integers(1, 17))))


def _share(number: float, dial: Dial) -> float:
    """Return a number from 0 to 1, or sometimes `number` unchanged, which a state may refuse."""
    return number if dial.flag(6) else min(1.0, abs(number))


def function_script(dial: Dial, rng: np.random.Generator, *, rounds: int = 12) -> list[Json]:
    """Call the blend and the grid bias `rounds` times, then store and restore a detector."""
    steps: list[Json] = []
    for number in range(rounds):
        draw = Dial(int(rng.integers(0, 2**CALL_BITS)))
        args = [_number(rng, Dial(int(rng.integers(0, 2**NUMBER_BITS)))) for _ in range(7)]
        steps.append({"call": "compute_blended_idle_target", "args": args})
        state = {
            "regime": draw.pick(3),
            "probabilities": rng.dirichlet(np.ones(3)).tolist(),
            "confidence": _share(args[0], dial),
            "bias_signal": args[1] if dial.flag(6) else max(-1.0, min(1.0, args[1])),
            "last_update_ts": 1.7e9 + number,
            "observation_count": draw.pick(60),
        }
        steps += restored(state, f"s{number}")
        steps.append({"call": "compute_grid_bias", "args": [{"ref": f"s{number}"}], "kwargs": draw.of(THRESHOLDS)})
    return steps + snapshot_script(dial)


THRESHOLDS: tuple[Json, ...] = ({}, {}, {"confidence_threshold": 0.5}, {"confidence_threshold": 0.0})


def restored(state: Json, name: str) -> list[Json]:
    """Steps that read a state from a dict with an unknown key, and convert it back to a dict."""
    made = {"call": "RegimeState.from_dict", "args": [{**state, "not_a_field": 1}], "as": name}
    return [made, {"call": f"{name}.to_dict"}]


def snapshot_script(dial: Dial) -> list[Json]:
    """Steps that store a detector and restore it from other stored data."""
    stored: Json = {
        "_hmm_regime_state": dial.of(({"regime": 2, "confidence": 0.5}, {}, {"regime": 0, "bias_signal": -0.25})),
        "_hmm_last_train_ts": dial.of((1.7e9, 0.0, 12.5)),
        "_hmm_trained": bool(dial.pick(2)),
    }
    if dial.flag(4):
        stored.pop("_hmm_regime_state")
    return [
        {"new": "RegimeDetector", "as": "d"},
        {"call": "serialize_for_snapshot", "args": [{"ref": "d"}]},
        {"call": "restore_from_snapshot", "args": [{"ref": "d"}, stored]},
        {"call": "serialize_for_snapshot", "args": [{"ref": "d"}]},
        {"call": "d.needs_retrain"},
        {"get": "d.transmat"},
        {"get": "d.last_observation"},
    ]


ROWS: Floats = np.random.Generator(np.random.PCG64(11)).standard_normal((40, 4))


def _hmm(*steps: Json, **settings: Any) -> list[Json]:
    return [{"new": "GaussianHMM", "kwargs": {"random_state": 42, **settings}, "as": "m"}, *steps]


def _call(method: str, rows: Floats = ROWS, form: str = "float64", **kwargs: Any) -> Json:
    return {"call": f"m.{method}", "args": [Series(rows, form)], "kwargs": kwargs}


def _spoiled(value: float) -> Floats:
    rows = ROWS.copy()
    rows[5, 2] = value
    return rows


def _config(**config: Any) -> list[Json]:
    return [{"new": "RegimeDetector", "kwargs": {"config": config}, "as": "d"}]


def _set(name: str, values: Any, *after: Json) -> list[Json]:
    return [*_hmm(_call("fit"), n_components=3), {"set": f"m.{name}", "value": Series(np.array(values))}, *after]


_EXTRACTOR: Json = {"new": "FeatureExtractor", "as": "e"}
_CLOSES: Floats = np.linspace(1.0, 2.0, 30)


def _extract(closes: Series, volumes: Series) -> list[Json]:
    return [_EXTRACTOR, {"call": "e.extract", "args": [closes, volumes]}]


ERRORS: dict[str, list[Json]] = {
    "rows with nan": _hmm(_call("fit", _spoiled(np.nan)), n_components=3),
    "rows with infinity": _hmm(_call("fit", _spoiled(np.inf)), n_components=3),
    "one dimension": _hmm(_call("fit", ROWS, "flat"), n_components=3),
    "three dimensions": _hmm(_call("fit", ROWS, "cube"), n_components=3),
    "no rows": _hmm(_call("fit", ROWS[:0]), n_components=3),
    "fewer rows than states": _hmm(_call("fit", ROWS[:2]), n_components=3),
    "words": _hmm(_call("fit", ROWS, "words"), n_components=3),
    "other width on a second fit": _hmm(_call("fit"), _call("fit", ROWS[:, :3]), n_components=3),
    "other width on predict": _hmm(_call("fit"), _call("predict", ROWS[:, :3]), n_components=3),
    "lengths too long": _hmm(_call("fit", lengths=[20, 21]), n_components=3),
    "lengths too short": _hmm(_call("fit", lengths=[20, 19]), n_components=3),
    "predict before fit": _hmm(_call("predict"), n_components=3),
    "score before fit": _hmm(_call("score"), n_components=3),
    "posteriors before fit": _hmm(_call("predict_proba"), n_components=3),
    "stationary distribution before fit": _hmm({"call": "m.get_stationary_distribution"}, n_components=3),
    "rows with nan on score": _hmm(_call("fit"), _call("score", _spoiled(np.nan)), n_components=3),
    "unknown decoder": _hmm(_call("fit"), _call("decode", algorithm="greedy"), n_components=3),
    "unknown implementation": _hmm(_call("fit"), n_components=3, implementation="fast"),
    "negative seed": _hmm(_call("fit"), n_components=3, random_state=-1),
    "seed beyond 32 bits": _hmm(_call("fit"), n_components=3, random_state=2**32),
    "start that sums to two": _set("startprob_", [1.0, 0.5, 0.5], _call("predict")),
    "start of another length": _set("startprob_", [0.5, 0.5], _call("predict")),
    "start with nan": _set("startprob_", [np.nan, 0.5, 0.5], _call("predict")),
    "transitions that sum to two": _set("transmat_", np.full((3, 3), 2.0 / 3.0), _call("predict")),
    "transitions of another shape": _set("transmat_", [[0.5, 0.5], [0.5, 0.5]], _call("score")),
    "zero covariances": _set("covars_", np.zeros((3, 4))),
    "covariances of one dimension": _set("covars_", np.ones(3)),
    "unknown setting": _config(HMM_UNKNOWN=1),
    "four states": _config(HMM_N_STATES=4),
    "full covariances": _config(HMM_COVARIANCE_TYPE="full"),
    "no iteration": _config(HMM_N_ITER=0),
    "negative window": _config(HMM_INFERENCE_WINDOW=-1),
    "threshold above one": _config(HMM_CONFIDENCE_THRESHOLD=1.5),
    "threshold nan": _config(HMM_CONFIDENCE_THRESHOLD=float("nan")),
    "negative interval": _config(HMM_RETRAIN_INTERVAL_SEC=-1.0),
    "no samples": _config(HMM_MIN_TRAIN_SAMPLES=0),
    "gain of text": _config(HMM_BIAS_GAIN="1.0"),
    "window of true": _config(HMM_INFERENCE_WINDOW=True),
    "half an iteration": _config(HMM_N_ITER=2.5),
    "state out of range": [
        {"call": "RegimeState.from_dict", "args": [state]}
        for state in (
            {"regime": 3},
            {"regime": True},
            {"probabilities": [0.5, 0.5]},
            {"probabilities": [1.5, 0.0, 0.0]},
            {"confidence": -0.1},
            {"bias_signal": "NaN"},
            {"last_update_ts": -1.0},
            {"observation_count": 1.5},
            {},
            None,
        )
    ],
    "state assigned out of range": [
        {"new": "RegimeState", "as": "s"},
        {"set": "s.confidence", "value": 2.0},
        {"set": "s.regime", "value": 7},
        {"set": "s.probabilities", "value": [1.0]},
        {"call": "s.to_dict"},
    ],
    "snapshot of garbage": [
        {"new": "RegimeDetector", "as": "d"},
        *(
            {"call": "restore_from_snapshot", "args": [{"ref": "d"}, stored]}
            for stored in (
                {"_hmm_regime_state": {"confidence": 2.0}},
                {"_hmm_regime_state": 5},
                {"_hmm_last_train_ts": "now"},
                {"_hmm_trained": 1},
                {"_hmm_last_train_ts": 9.0, "_hmm_trained": "yes"},
                7,
            )
        ),
        {"call": "serialize_for_snapshot", "args": [{"ref": "d"}]},
    ],
    "blend above one": _config(HMM_BLEND_WITH_TREND=2.0),
    "unequal lengths": _extract(Series(_CLOSES), Series(_CLOSES[:29])),
    "closes of two dimensions": _extract(Series(_CLOSES, "column"), Series(_CLOSES)),
    "closes of words": _extract(Series(_CLOSES, "words"), Series(_CLOSES)),
    "closes of nothing": _extract(Series(_CLOSES, "none"), Series(_CLOSES)),
    "a single number": _extract(Series(_CLOSES, "scalar"), Series(_CLOSES, "scalar")),
}


def error_scripts(dial: Dial) -> tuple[list[str], list[Json]]:
    """Pick some of the scripts of `ERRORS`, one after the other; return their names and their steps."""
    names = tuple(ERRORS)
    first, count = dial.pick(len(names)), 1 + dial.pick(len(names))
    picked = [names[(first + number) % len(names)] for number in range(count)]
    return picked, [step for name in picked for step in ERRORS[name]]
