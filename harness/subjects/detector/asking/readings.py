"""Readings of a model: its parameters, the course of its training, and the start of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from generators.detector.case import Series
from generators.plain import Json
from harness.subjects.detector.ports.modules import DetectorPort

PARAMETERS = ("startprob_", "transmat_", "means_", "_covars_")


def parameters(model: Any) -> Json:
    """Read a model's parameters, converted to doubles because hmmlearn keeps float32 centres until the first round."""
    return {name.strip("_"): np.asarray(getattr(model, name), dtype=np.float64).copy() for name in PARAMETERS}


def course(model: Any) -> Json:
    """Read the course of a model's training."""
    monitor = model.monitor_
    return {
        "iterations": int(monitor.iter),
        "history": np.array([float(entry) for entry in monitor.history]),
        "converged": bool(monitor.converged),
    }


def begin(port: DetectorPort, rows: Series, lengths: Any, settings: Mapping[str, Any]) -> Json:
    """Initialise a new model; return its random draws, the centres of k-means and the covariances of the data."""
    model = port["GaussianHMM"](**settings)
    # As `fit` passes them: single precision stays single, and everything else becomes doubles in k-means.
    data = np.ascontiguousarray(rows.build())
    if data.dtype != np.float32:
        data = data.astype(np.float64)
    model._init(data, np.asarray([len(data)] if lengths is None else lengths))
    start = parameters(model)
    return {"draws": {name: start[name] for name in ("startprob", "transmat")}, "centres": start["means"],
            "covars": start["covars"]}  # fmt: skip
