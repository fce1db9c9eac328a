"""The calls that a case stands for: the same ones on every port. The outcome's first keys are the levels of comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from generators.detector.case import DetectorCase, Kind, Series
from generators.plain import Json
from harness.subjects.detector.asking.capture import listening, observed
from harness.subjects.detector.asking.life import live
from harness.subjects.detector.asking.readings import begin, course, parameters
from harness.subjects.detector.asking.scripts import play
from harness.subjects.detector.asking.side_effects import handed_in, watching
from harness.subjects.detector.ports.modules import DetectorPort

SAMPLES, SAMPLE_SEED = 24, 20_431
# So near to one, an eigenvalue of the transition matrix stands for another set of states that is never left.
CLOSED_GAP = 1e-6


@dataclass(frozen=True)
class Answer:
    """All that a port did with a case: the outcome, level by level, and what it touched that is not its own."""

    outcome: Json
    touched: tuple[str, ...] = ()


def answer(port: DetectorPort, case: DetectorCase) -> Json:
    """The outcome of a case on a port of this process. Raises `UnnamedError`."""
    return answered(port, case).outcome


def answered(port: DetectorPort, case: DetectorCase) -> Answer:
    """The outcome, and what was touched. Raises `UnnamedError`."""
    with watching() as watch:
        outcome = CALLS[case.kind](port, case.inputs)
        return Answer(outcome, watch.touched())


def extract(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """The features of candles."""

    def rows() -> Any:
        extractor = port["FeatureExtractor"](**inputs["periods"])
        return extractor.extract(handed_in(inputs["closes"]), handed_in(inputs["volumes"]))

    outcome = {"features": {"rows": observed(rows)}}
    with suppress(Exception), listening():
        # Other rows, so that an array that was given away and is used again shows.
        port["FeatureExtractor"](**inputs["periods"]).extract(inputs["volumes"].build(), inputs["closes"].build())
    return outcome


def place(model: Any, given: Mapping[str, Series]) -> Any:
    """The model with given parameters, set as hmmlearn's users set them."""
    model.n_features = given["means"].values.shape[1]
    model.startprob_ = given["startprob"].build()
    model.transmat_ = given["transmat"].build()
    model.means_ = given["means"].build()
    model.covars_ = given["covars"].build()
    return model


def step_rounds(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """Rounds of EM from one start, one at a time, with the parameters after each."""
    states = len(inputs["start"]["startprob"].values)
    rows, rounds = inputs["rows"], []
    model = port["GaussianHMM"](states, n_iter=1, init_params="", implementation=inputs["implementation"])
    place(model, inputs["start"])
    for _ in range(inputs["rounds"]):

        def one() -> Json:
            model.fit(handed_in(rows), inputs["lengths"])
            return {**course(model), **parameters(model)}

        rounds.append(observed(one))
        if "error" in rounds[-1]:
            break
    return {"em": {"rounds": rounds}}


def train(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """A training from a seed: where it starts, how it goes, where it ends, and what the model says of its data."""
    rows, lengths, settings = inputs["rows"], inputs["lengths"], inputs["settings"]
    model = port["GaussianHMM"](**settings)

    def fit() -> Json:
        model.fit(handed_in(rows), lengths)
        return {**course(model), **parameters(model), "n_features": int(model.n_features)}

    trained = observed(fit)
    if "error" in trained:
        # What is left of a model whose training was refused is nobody's business.
        return {"same_seed": {"trained": trained}}
    start = observed(lambda: begin(port, rows, lengths, settings))
    return {"same_seed": {"start": start, "trained": trained, **said_of(model, rows, lengths)}}


def said_of(model: Any, rows: Series, lengths: Any) -> Json:
    """A trained model's labels, paths, posteriors and scores of rows."""

    def order() -> Any:
        # The detector's labels: states by their mean of feature 1, or of feature 0 where there is no other.
        means = np.asarray(model.means_)
        return np.argsort(means[:, min(1, means.shape[1] - 1)], kind="stable")

    calls: dict[str, Callable[[], Any]] = {
        "labels": order,
        "path": lambda: model.predict(handed_in(rows), lengths),
        "decoded": lambda: model.decode(handed_in(rows), lengths),
        "map": lambda: model.decode(handed_in(rows), lengths, algorithm="map"),
        "posteriors": lambda: model.predict_proba(handed_in(rows), lengths),
        "scored": lambda: model.score_samples(handed_in(rows), lengths),
        "score": lambda: model.score(handed_in(rows), lengths),
        "aic": lambda: model.aic(handed_in(rows), lengths),
        "bic": lambda: model.bic(handed_in(rows), lengths),
        "stationary": lambda: _stationary(model),
        "covars_shape": lambda: list(model.covars_.shape),
    }
    said = {name: observed(call) for name, call in calls.items()}
    with suppress(Exception), listening():
        # Of other rows, so that an array that was given away and is used again shows.
        model.predict_proba(-rows.values)
        model.predict(-rows.values)
    return said


def _stationary(model: Any) -> Any:
    """The stationary distribution; where two sets of states are never left, only that it is not unique."""
    found = model.get_stationary_distribution()
    gaps = np.abs(np.linalg.eigvals(np.asarray(model.transmat_)) - 1.0)
    return found if int((gaps < CLOSED_GAP).sum()) <= 1 else "not unique"


def infer(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """The answers of one and the same model about rows."""
    states = len(inputs["model"]["startprob"].values)
    model = port["GaussianHMM"](states, implementation=inputs["implementation"])
    place(model, inputs["model"])
    said = said_of(model, inputs["rows"], inputs["lengths"])
    # Of equal models alone: a draw goes through the order of the variances, which the last bit of two may turn.
    said["sample"] = observed(lambda: model.sample(SAMPLES, random_state=SAMPLE_SEED))
    return {"inference": said}


CALLS: dict[Kind, Callable[[DetectorPort, Mapping[str, Any]], Json]] = {
    "features": extract,
    "em": step_rounds,
    "fit": train,
    "detector": live,
    "inference": infer,
    "functions": lambda port, inputs: {"functions": {"steps": play(port, inputs["steps"])}},
    "errors": lambda port, inputs: {"errors": {"steps": play(port, inputs["steps"])}},
}
