"""The calls of each kind of case, the same on every port. The top-level keys of an outcome are the levels of comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from generators.detector.case import DetectorCase, Kind, Series
from generators.plain import Json
from harness.subjects.detector.asking.capture import captured, listening
from harness.subjects.detector.asking.life import live
from harness.subjects.detector.asking.readings import begin, course, parameters
from harness.subjects.detector.asking.scripts import play
from harness.subjects.detector.asking.side_effects import handed_in, watching
from harness.subjects.detector.ports.modules import DetectorPort

SAMPLES, SAMPLE_SEED = 24, 20_431
# Each eigenvalue of the transition matrix this close to one stands for a set of states that is never left.
CLOSED_GAP = 1e-6


@dataclass(frozen=True)
class Answer:
    """A port's answer to a case: the outcome, level by level, and the kinds of foreign objects that the port changed."""

    outcome: Json
    side_effects: tuple[str, ...] = ()


def answer(port: DetectorPort, case: DetectorCase) -> Json:
    """Run a case on a port of this process; return its outcome. Raises `UnnamedError`."""
    return answered(port, case).outcome


def answered(port: DetectorPort, case: DetectorCase) -> Answer:
    """Run a case on a port of this process; return its outcome and side effects. Raises `UnnamedError`."""
    with watching() as watch:
        outcome = CALLS[case.kind](port, case.inputs)
        return Answer(outcome, watch.side_effects())


def extract(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """Extract the features of candles."""

    def rows() -> Any:
        extractor = port["FeatureExtractor"](**inputs["periods"])
        return extractor.extract(handed_in(inputs["closes"]), handed_in(inputs["volumes"]))

    outcome = {"features": {"rows": captured(rows)}}
    with suppress(Exception), listening():
        # A second call on other rows reveals a port that reuses an array it has returned.
        port["FeatureExtractor"](**inputs["periods"]).extract(inputs["volumes"].build(), inputs["closes"].build())
    return outcome


def place(model: Any, given: Mapping[str, Series]) -> Any:
    """Set the parameters of a model as users of hmmlearn do; return the model."""
    model.n_features = given["means"].values.shape[1]
    model.startprob_ = given["startprob"].build()
    model.transmat_ = given["transmat"].build()
    model.means_ = given["means"].build()
    model.covars_ = given["covars"].build()
    return model


def step_rounds(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """Run rounds of EM from one start, one at a time; record the parameters after each."""
    states = len(inputs["start"]["startprob"].values)
    rows, rounds = inputs["rows"], []
    model = port["GaussianHMM"](states, n_iter=1, init_params="", implementation=inputs["implementation"])
    place(model, inputs["start"])
    for _ in range(inputs["rounds"]):

        def one() -> Json:
            model.fit(handed_in(rows), inputs["lengths"])
            return {**course(model), **parameters(model)}

        rounds.append(captured(one))
        if "error" in rounds[-1]:
            break
    return {"em": {"rounds": rounds}}


def train(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """Train from a seed; record the start, the course and the end of the training, and inference on its rows."""
    rows, lengths, settings = inputs["rows"], inputs["lengths"], inputs["settings"]
    model = port["GaussianHMM"](**settings)

    def fit() -> Json:
        model.fit(handed_in(rows), lengths)
        return {**course(model), **parameters(model), "n_features": int(model.n_features)}

    trained = captured(fit)
    if "error" in trained:
        # The state of a model whose training was refused is not compared.
        return {"same_seed": {"trained": trained}}
    start = captured(lambda: begin(port, rows, lengths, settings))
    return {"same_seed": {"start": start, "trained": trained, **said_of(model, rows, lengths)}}


def said_of(model: Any, rows: Series, lengths: Any) -> Json:
    """Call every inference method of a trained model on rows."""

    def order() -> Any:
        # The detector's labels: states ordered by their mean of feature 1, or of the only feature.
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
    said = {name: captured(call) for name, call in calls.items()}
    with suppress(Exception), listening():
        # Calls on other rows reveal a port that reuses an array it has returned.
        model.predict_proba(-rows.values)
        model.predict(-rows.values)
    return said


def _stationary(model: Any) -> Any:
    """Return the stationary distribution, or `not unique` if two sets of states are never left."""
    found = model.get_stationary_distribution()
    gaps = np.abs(np.linalg.eigvals(np.asarray(model.transmat_)) - 1.0)
    return found if int((gaps < CLOSED_GAP).sum()) <= 1 else "not unique"


def infer(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """Call every inference method of a given model on rows, and draw a sample."""
    states = len(inputs["model"]["startprob"].values)
    model = port["GaussianHMM"](states, implementation=inputs["implementation"])
    place(model, inputs["model"])
    said = said_of(model, inputs["rows"], inputs["lengths"])
    # Only with given parameters: a sample depends on the order of variances, which the last bit can change.
    said["sample"] = captured(lambda: model.sample(SAMPLES, random_state=SAMPLE_SEED))
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
