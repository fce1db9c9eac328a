"""Both implementations of the detector, in turn: what a test here asks of one it asks of the other."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.detector_candles import market
from tests.native import load_native


@pytest.fixture(scope="session", params=["python", "rust"])
def hmm(request: pytest.FixtureRequest) -> Any:
    """The module with the detector's names."""
    return load_native() if request.param == "rust" else importlib.import_module("hmm_regime_detector")


@pytest.fixture(scope="session")
def model_logger(hmm: Any) -> str:
    """The logger of what the reference leaves to hmmlearn."""
    return "doge_hmm" if hmm.__name__ == "doge_hmm" else "hmmlearn.base"


@pytest.fixture(scope="session")
def trained(hmm: Any) -> Any:
    """A detector trained on `market(1, 900)`, which no test may change."""
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 900)) is True
    return detector
