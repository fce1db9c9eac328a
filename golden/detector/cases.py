"""The definitions of the detector's fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from generators.detector import candles
from generators.detector.case import DetectorCase, Floats, Kind, Series, from_json
from generators.detector.choices import start_parameters
from generators.detector.functions import ERRORS, function_script
from generators.detector.noise import stream
from generators.detector.observations import realistic
from generators.dial import Dial
from golden.detector.corpus import DetectorDefinition
from golden.promoted import read_promoted

SEEDS = {"0": 0, "1": 1, "42": 42, "largest": 2**32 - 1}
MODEL = {"random_state": 42, "n_iter": 100, "tol": 1e-2, "implementation": "log"}


def _define(name: str, about: str, kind: Kind, inputs: dict[str, Any], *, degenerate: bool = False) -> DetectorDefinition:
    case = DetectorCase(name=name, kind=kind, inputs=inputs, degenerate=degenerate, metadata={"source": "golden"})
    return DetectorDefinition(about=about, case=case)


def _rows(length: int, features: int, *, states: int = 3, seed: int = 5) -> Floats:
    return realistic(Dial(0), seed, length=length, states=states, features=features).rows


def _fit(name: str, about: str, rows: Floats, *, lengths: list[int] | None = None, degenerate: bool = False,
         form: str = "float64", **settings: Any) -> DetectorDefinition:  # fmt: skip
    inputs = {"rows": Series(rows, form), "lengths": lengths, "settings": {**MODEL, "n_components": 3, **settings}}
    return _define(name, about, "fit", inputs, degenerate=degenerate)


def definitions() -> list[DetectorDefinition]:
    """Return all definitions, in a fixed order."""
    made = [*_draws(), *_fits(), *_rounds(), *_inferences(), *_features(), *_lives(), *_scripts(), *_promoted()]
    names = [definition.name for definition in made]
    assert len(set(names)) == len(names), "fixtures have different names"
    return made


def _promoted() -> Iterator[DetectorDefinition]:
    """Definitions of cases that a fuzz run found; see `golden.promoted`."""
    for about, case in read_promoted("detector"):
        yield DetectorDefinition(about=about, case=from_json(case))


def _draws() -> Iterator[DetectorDefinition]:
    """Trainings of one round, which show the random draws and centres they start from."""
    for word, seed in SEEDS.items():
        for states in range(1, 7):
            about = f"what seed {seed} draws for {states} state(s), and the centres of k-means from it"
            rows = _rows(48, 2, states=max(2, states), seed=states)
            yield _fit(f"draws_{word}_{states}", about, rows, n_components=states, random_state=seed, n_iter=1)


def _fits() -> Iterator[DetectorDefinition]:
    rows = _rows(160, 4)
    yield _fit("fit_three_states", "the detector's own shape: three states, four features", rows)
    yield _fit("fit_scaling", "the other implementation", rows, implementation="scaling")
    yield _fit("fit_two_states_one_feature", "the smallest shape", _rows(80, 1, states=2), n_components=2)
    yield _fit("fit_six_states_eight_features", "the largest shape", _rows(140, 8, states=6), n_components=6)
    yield _fit("fit_lengths", "several sequences, one of a single row", rows, lengths=[1, 60, 99])
    yield _fit("fit_float32", "rows of float32 stay float32 through k-means", rows[:80], form="float32")
    yield _fit("fit_fortran", "columns first", rows[:80], form="fortran")
    yield _fit("fit_tight", "a tolerance that takes many rounds", rows[:80], tol=1e-6, n_iter=200)
    yield _fit("fit_capped", "the cap on rounds counts as convergence", rows, n_iter=5)
    constant = rows[:80].copy()
    constant[:, 2] = 0.5
    yield _fit("fit_constant_feature", "a constant feature has the variance that the prior gives it", constant)
    yield _fit("fit_ticks", "quantised rows, in which distances tie", np.round(rows[:80], 1))
    few = np.repeat(rows[:2], 12, axis=0)
    yield _fit("fit_two_distinct_rows", "fewer distinct rows than clusters", few, degenerate=True)
    yield _fit("fit_as_many_rows_as_states", "N == K: too few numbers for the parameters", rows[:3], degenerate=True)


def _rounds() -> Iterator[DetectorDefinition]:
    rows = _rows(70, 4, seed=9)
    for name, forbidden, implementation in (
        ("em_log", False, "log"), ("em_scaling", False, "scaling"), ("em_forbidden_transitions", True, "log"),
    ):  # fmt: skip
        start = start_parameters(stream(21), rows, 3, forbidden=forbidden)
        inputs = {"rows": Series(rows), "lengths": None, "start": start, "rounds": 6, "implementation": implementation}
        yield _define(name, f"six rounds from one start, {name.partition('_')[2].replace('_', ' ')}", "em", inputs)


def _inferences() -> Iterator[DetectorDefinition]:
    rows = _rows(50, 3, seed=11)
    model = start_parameters(stream(22), rows, 3, forbidden=False)
    inputs: dict[str, Any] = {"rows": Series(rows), "lengths": None, "model": model, "implementation": "log"}
    yield _define("inference_posteriors", "labels, paths and posteriors of a given model", "inference", inputs)
    equal = np.full((3, 3), 1.0 / 3.0)
    alike = {name: Series(np.repeat(model[name].values[:1], 3, axis=0)) for name in ("means", "covars")}
    tied = {**inputs, "model": {"startprob": Series(equal[0]), "transmat": Series(equal), **alike}}
    yield _define("inference_all_states_alike", "every path ties: which one Viterbi takes", "inference", tied)
    far = rows.copy()
    far[20] = 40.0
    underflow = {**inputs, "rows": Series(far)}
    yield _define("inference_far_row", "a row that no state explains: densities underflow", "inference", underflow)


def _market(length: int, seed: int = 3) -> candles.Candles:
    return candles.market(Dial(0), seed, length)


def _features() -> Iterator[DetectorDefinition]:
    made = _market(60)

    def define(
        name: str, about: str, closes: Floats, volumes: Floats, *, form: str = "float64", **periods: int
    ) -> DetectorDefinition:
        inputs = {"closes": Series(closes, form), "volumes": Series(volumes, form), "periods": periods}
        return _define(name, about, "features", inputs)

    closes, volumes = made.closes, made.volumes
    yield define("features_ordinary", "sixty candles", closes, volumes)
    yield define("features_first_row", "fifteen candles: one row", closes[:15], volumes[:15])
    yield define("features_too_few", "fourteen candles: no row, no error", closes[:14], volumes[:14])
    yield define("features_flat", "no gain and no loss: zero denominators", np.full(40, 0.2), volumes[:40])
    yield define("features_no_volume", "volumes of zero: zero denominators", closes[:40], np.zeros(40))
    gap = closes.copy()
    gap[30] = np.nan
    yield define("features_nan", "a close that is none drops the rows after it", gap, volumes)
    long = _market(4500)
    yield define("features_long", "more candles than any window of the market has", long.closes, long.volumes)
    endless = volumes.copy()
    endless[30] = np.inf
    yield define("features_infinite_volume", "a volume without end drops its own row", closes, endless)
    yield define("features_whole_numbers", "lists of ints", np.round(closes * 1e5), np.round(volumes), form="ints")
    yield define("features_strided", "a view with gaps, read only where it is told to", closes, volumes, form="strided")
    yield define("features_other_periods", "periods of one and of more than there are", closes, volumes, rsi_period=3,
                 fast_ema_periods=1, macd_slow=50)  # fmt: skip


def _lives() -> Iterator[DetectorDefinition]:
    made = _market(190, seed=4)
    closes, volumes = Series(made.closes), Series(made.volumes)
    config = {"HMM_MIN_TRAIN_SAMPLES": 100}
    base = {"closes": closes, "volumes": volumes, "config": config}
    updates = [["update", stop - 60, stop] for stop in range(145, 190, 15)]
    life = {**base, "actions": [["update", 0, 60], ["train", 0, 140], *updates, ["update", 0, 9], ["snapshot"]]}
    yield _define("detector_life", "asked untrained, trained, asked, stored", "detector", life)
    few = {**base, "config": {}, "actions": [["train", 0, 140], ["update", 0, 140], ["snapshot"]]}
    yield _define("detector_too_few_candles", "a training that is refused changes nothing", "detector", few)
    gained = {**base, "config": {**config, "HMM_BIAS_GAIN": 3.0, "HMM_CONFIDENCE_THRESHOLD": 0.0}}
    gained["actions"] = [["train", 0, 140], *updates]
    yield _define("detector_gain", "a bias that is clamped", "detector", gained)
    sure = {**base, "config": {**config, "HMM_CONFIDENCE_THRESHOLD": 0.99999}}
    sure["actions"] = [["train", 0, 140], *(["update", max(0, stop - 60), stop] for stop in range(20, 190, 2))]
    yield _define("detector_sure", "only who is all but certain leans: the unrounded confidence counts", "detector", sure)
    again = {**base, "actions": [
        ["train", 0, 140], ["beside", 50, 190], *updates, ["train", 20, 160], ["train", 0, 30], *updates, ["train", 40, 180],
        *updates, ["snapshot"],
    ]}  # fmt: skip
    yield _define("detector_trained_again", "trained three times, refused once, another one beside it", "detector", again)
    aged = {**base, "config": {**config, "HMM_RETRAIN_INTERVAL_SEC": 3600.0, "HMM_BIAS_GAIN": 2.0}, "actions": life["actions"]}
    yield _define("detector_other_interval", "a training that is an hour old is too old", "detector", aged)
    flat = {**base, "closes": Series(np.full(190, 0.2)), "volumes": Series(np.full(190, 1e6)), "actions": gained["actions"]}
    yield _define("detector_flat_market", "nothing to tell the regimes by", "detector", flat, degenerate=True)


def _scripts() -> Iterator[DetectorDefinition]:
    steps = function_script(Dial(0), stream(23), rounds=40)
    yield _define("functions_table", "blend and grid bias, forty times, and a detector restored", "functions", {"steps": steps})
    for name, script in ERRORS.items():
        yield _define(f"error_{name.replace(' ', '_')}", f"refused: {name}", "errors", {"steps": script})
