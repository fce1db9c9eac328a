"""The decoder of all generated detector cases: integers in, a case out, with the simplest options first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from generators.detector import candles, observations
from generators.detector.case import SAME_NUMBERS, DetectorCase, Floats, Kind, Series
from generators.detector.functions import error_scripts, function_script
from generators.detector.noise import Purpose, stream
from generators.detector.observations import FEATURES_MAX, STATES_MAX, Observations
from generators.detector.refusals import refusal_script
from generators.dial import Dial, weighted
from generators.plain import Json

REALISTIC, ODD, DEGENERATE, SHORT = range(4)
FLAVOURS = ("realistic", "odd", "degenerate", "short")
ODD_CANDLES = ("outliers", "flat stretch", "constant volume", "zero volume", "tiny scale", "huge scale")
SEEDS = (42, 0, 1, 7, 2**32 - 1, 123_456_789)
ITERATIONS = weighted((100, 3), (10, 1), (30, 1), (1, 1))
TOLERANCES = weighted((1e-2, 3), (1e-3, 1), (1.0, 1))
IMPLEMENTATIONS = ("log", "scaling")
NARROW_FORMS = ("float32", "int64", "ints")
OTHER_FORMS = (*SAME_NUMBERS[1:], *NARROW_FORMS)
# At prices this many times higher, the squares of features overflow.
FAR = 1e200
WRONG_FORMS = ("column", "words", "none", "scalar")
OTHER_SETTINGS: tuple[Json, ...] = (
    {}, {}, {"HMM_N_ITER": 10}, {"HMM_INFERENCE_WINDOW": 20}, {"HMM_CONFIDENCE_THRESHOLD": 0.6},
    {"HMM_BIAS_GAIN": 2.5}, {"HMM_RETRAIN_INTERVAL_SEC": 0.0}, {"HMM_INFERENCE_WINDOW": 1},
)  # fmt: skip
# Series of this length or less count as short: they have a few rows of features or none.
SHORT_LENGTH_MAX = 20
# A second dial starts above the low bits of an integer, which the first one uses.
SEQUENCES_SHIFT, FAILURES_SHIFT = 20, 24
PERIODS = ("fast_ema_periods", "slow_ema_periods", "macd_fast", "macd_slow", "macd_signal", "rsi_period", "volume_avg_period")


@dataclass(frozen=True, kw_only=True)
class DetectorChoices:
    """The integers of a case. If all are zero, the case is a realistic series of the smallest size, passed as float64.

    `flavour` is an index into `FLAVOURS` and limits how unusual the data may be. `noise` seeds the random numbers.
    """

    kind: Kind = "features"
    flavour: int = 0
    size: int = 0
    settings: int = 0
    process: int = 0
    twist: int = 0
    form: int = 0
    noise: int = 0


Decoded = tuple[Json, list[str], bool]


def decode_case(choices: DetectorChoices, *, name: str, metadata: Mapping[str, Any]) -> DetectorCase:
    """Decode the integers into a case."""
    inputs, properties, degenerate = DECODERS[choices.kind](choices)
    named = tuple(dict.fromkeys([FLAVOURS[choices.flavour % len(FLAVOURS)], *properties]))
    return DetectorCase(name=name, kind=choices.kind, inputs=inputs, properties=named, degenerate=degenerate, metadata=metadata)


def _form(choices: DetectorChoices, *, wrong: bool = False) -> str:
    dial = Dial(choices.form)
    if dial.pick(3) < 2:
        return "float64"
    return dial.of((*OTHER_FORMS, *WRONG_FORMS) if wrong else OTHER_FORMS)


def _form_property(form: str) -> list[str]:
    return [] if form == "float64" else [f"form {form}"]


def _candles(choices: DetectorChoices, length: int) -> candles.Candles:
    """Make a market, distorted if the flavour allows it."""
    made = candles.market(Dial(choices.process), choices.noise, length)
    flavour, dial = choices.flavour % len(FLAVOURS), Dial(choices.twist)
    if flavour == ODD:
        made = candles.twisted(made, dial.of(ODD_CANDLES), choices.noise)
    elif flavour in (DEGENERATE, SHORT) and (flavour == DEGENERATE or dial.flag(3)):
        made = candles.twisted(made, dial.of(candles.DEGENERATE_TWISTS), choices.noise)
    return made


def decode_features(choices: DetectorChoices) -> Decoded:
    """Decode candles for the extractor, in any form, sometimes with other periods."""
    short = choices.flavour % len(FLAVOURS) == SHORT
    length = Dial(choices.size).pick(SHORT_LENGTH_MAX + 1) if short else 15 + Dial(choices.size).pick(400)
    made, dial = _candles(choices, length), Dial(choices.settings)
    periods: Json = {}
    if dial.flag(3):
        periods = {name: 1 + dial.pick(40) for name in PERIODS if dial.flag(2)}
    forms = [_form(choices, wrong=short), "float64"]
    forms[1] = forms[0] if dial.pick(2) == 0 else "float64"
    volumes = made.volumes[: len(made.volumes) - dial.flag(20)]
    inputs = {"closes": Series(made.closes, forms[0]), "volumes": Series(volumes, forms[1]), "periods": periods}
    extra = [*made.properties, *_form_property(forms[0]), *(["other periods"] if periods else [])]
    if length <= SHORT_LENGTH_MAX:
        extra.append("short series")
    return inputs, extra, made.degenerate


def _observations(choices: DetectorChoices) -> tuple[Observations, int]:
    """Make rows; return them with the number of states to train on them."""
    dial = Dial(choices.size)
    states, features = 2 + dial.pick(STATES_MAX - 1), 1 + dial.pick(FEATURES_MAX)
    flavour = choices.flavour % len(FLAVOURS)
    # The number of rows grows with that of free parameters, so that the fit is realistic.
    free = states * (states + 2 * features)
    length = min(60 + 2 * free + dial.pick(400), 900)
    if flavour == SHORT:
        length = dial.of((states, states - 1, states + 1, 1, 0, 2 * states, 20))
    made = observations.realistic(Dial(choices.process), choices.noise, length=length, states=states, features=features)
    twist = Dial(choices.twist)
    if flavour == ODD:
        made = observations.twisted(made, twist.of(tuple(observations.ODD)), choices.noise)
    elif flavour == DEGENERATE:
        made = observations.twisted(made, twist.of(tuple(observations.DEGENERATE)), choices.noise)
    elif flavour == SHORT:
        made.degenerate = True
        made.properties.append("N < K" if length < states else "N == K" if length == states else "short series")
    made.properties += [f"{states} states", f"{features} features"]
    if Dial(choices.settings >> SEQUENCES_SHIFT).flag(4):
        observations.in_sequences(made, choices.noise)
    return made, states


def decode_fit(choices: DetectorChoices) -> Decoded:
    """Decode a whole training from a seed."""
    made, states = _observations(choices)
    dial, form = Dial(choices.settings), _form(choices)
    if form in NARROW_FORMS and (made.degenerate or (form == "float32" and choices.flavour % len(FLAVOURS) != REALISTIC)):
        # hmmlearn squares float32 rows in float32, which is precise enough for standardised rows only.
        form = "float64"
    if form in ("int64", "ints"):
        # Standardised rows would mostly be truncated to zero.
        made.rows = np.round(made.rows * 100.0)
    implementation = IMPLEMENTATIONS[dial.flag(4)]
    settings = {
        "n_components": states,
        "random_state": dial.of(SEEDS),
        "implementation": implementation,
        "n_iter": dial.of(ITERATIONS),
        "tol": dial.of(TOLERANCES),
    }
    inputs = {"rows": Series(made.rows, form), "lengths": made.lengths, "settings": settings}
    properties = [*made.properties, f"implementation {implementation}", *_form_property(form)]
    return inputs, properties, made.degenerate


def start_parameters(rng: np.random.Generator, rows: Floats, states: int, *, forbidden: bool) -> dict[str, Series]:
    """Draw a model to start from: means near rows of the data, uneven probabilities, forbidden transitions on request."""
    features = rows.shape[1]
    transmat = rng.dirichlet(np.ones(states), size=states)
    if forbidden:
        transmat = np.triu(transmat)
        transmat /= transmat.sum(axis=1, keepdims=True)
    chosen = rng.integers(0, len(rows), states)
    spread = rows.std(axis=0) + 0.1
    return {
        "startprob": Series(rng.dirichlet(np.ones(states))),
        "transmat": Series(transmat),
        "means": Series(rows[chosen] + 0.1 * spread * rng.standard_normal((states, features))),
        "covars": Series(spread**2 * rng.uniform(0.3, 2.0, (states, features))),
    }


def decode_em(choices: DetectorChoices) -> Decoded:
    """Decode rounds of EM from given parameters."""
    flavour = choices.flavour % len(FLAVOURS)
    made, states = _observations(replace(choices, flavour=ODD if flavour in (DEGENERATE, SHORT) else flavour))
    dial = Dial(choices.settings)
    implementation, forbidden = IMPLEMENTATIONS[dial.flag(4)], dial.flag(4)
    inputs = {
        "rows": Series(made.rows),
        "lengths": made.lengths,
        "start": start_parameters(stream(Purpose.EM_START, choices.noise), made.rows, states, forbidden=forbidden),
        "rounds": 1 + dial.pick(12),
        "implementation": implementation,
    }
    properties = [*made.properties, f"implementation {implementation}", *(["forbidden transitions"] if forbidden else [])]
    return inputs, properties, made.degenerate


def decode_inference(choices: DetectorChoices) -> Decoded:
    """Decode a model and the rows that it labels and scores."""
    flavour = choices.flavour % len(FLAVOURS)
    made, states = _observations(replace(choices, flavour=ODD if flavour in (DEGENERATE, SHORT) else flavour))
    dial, rng = Dial(choices.settings), stream(Purpose.GIVEN_MODEL, choices.noise)
    model = start_parameters(rng, made.rows, states, forbidden=dial.flag(4))
    implementation = IMPLEMENTATIONS[dial.flag(4)]
    if dial.flag(8):
        # All states are equal, so all paths tie.
        equal = np.full((states, states), 1.0 / states)
        model |= {"startprob": Series(equal[0]), "transmat": Series(equal)}
        model |= {name: Series(np.repeat(model[name].values[:1], states, axis=0)) for name in ("means", "covars")}
        made.properties.append("all states alike")
    inputs = {"rows": Series(made.rows), "lengths": made.lengths, "model": model, "implementation": implementation}
    return inputs, [*made.properties, f"implementation {implementation}"], made.degenerate


def decode_detector(choices: DetectorChoices) -> Decoded:
    """Decode a detector's life: train, update step by step, sometimes train again, store and restore."""
    dial, size = Dial(choices.settings), Dial(choices.size)
    flavour = choices.flavour % len(FLAVOURS)
    config: Json = {}
    train = 514 + size.pick(400)
    if flavour == SHORT:
        train = size.pick(540)
    elif dial.flag(3):
        train, config = 120 + size.pick(200), {"HMM_MIN_TRAIN_SAMPLES": 100}
    config |= dial.of(OTHER_SETTINGS)
    steps = 3 + size.pick(6)
    made, form = _candles(choices, train + 10 * steps), _form(choices)
    if form in ("int64", "ints"):
        made.closes, made.volumes = np.round(made.closes * 1e6), np.round(made.volumes)
    actions: list[list[Any]] = [["update", 0, train], ["train", 0, train]]
    for step in range(1, steps + 1):
        stop = train + 10 * step
        actions.append(["update", max(0, stop - 100 - dial.pick(100)), stop])
    actions += [["update", 0, 10], ["snapshot"]]
    if dial.flag(4):
        actions += [["train", 10 * steps, train + 10 * steps], ["update", 10 * steps, train + 10 * steps]]
        made.properties.append("trained again")
    if flavour != SHORT and form in ("float64", *SAME_NUMBERS) and Dial(choices.settings >> FAILURES_SHIFT).flag(3):
        actions += _failures(train)
        config["HMM_MIN_TRAIN_SAMPLES"] = 1
        made.properties.append("failures")
    inputs = {
        "closes": Series(made.closes, form), "volumes": Series(made.volumes, form), "config": config, "actions": actions,
    }  # fmt: skip
    return inputs, [*made.properties, *_form_property(form)], made.degenerate


def _failures(train: int) -> list[list[Any]]:
    """Train on two rows and on three, and update in a market so far away that every state's density is zero.

    What a model of three rows says of other rows is not well defined, so it is updated on those three only.
    """
    return [
        ["train", 0, 16], ["update", train - 60, train], ["train", 0, 17], ["update", train - 60, train, FAR],
        ["update", 0, 17], ["snapshot"],
    ]  # fmt: skip


def decode_functions(choices: DetectorChoices) -> Decoded:
    """Decode calls of the module's functions, then single values at the limits of what is accepted."""
    rng = stream(Purpose.SCRIPT, choices.noise)
    return {"steps": function_script(Dial(choices.settings), rng) + refusal_script(rng)}, ["functions"], False


def decode_errors(choices: DetectorChoices) -> Decoded:
    """Decode calls that every port must refuse with the same sentences."""
    names, steps = error_scripts(Dial(choices.settings))
    return {"steps": steps}, [f"refused {name}" for name in names], False


DECODERS: dict[Kind, Callable[[DetectorChoices], Decoded]] = {
    "features": decode_features,
    "em": decode_em,
    "fit": decode_fit,
    "detector": decode_detector,
    "inference": decode_inference,
    "functions": decode_functions,
    "errors": decode_errors,
}
