"""What a caller hands in and a port leaves alone is not changed, whatever its values compare as."""

from __future__ import annotations

import numpy as np
import pytest

from generators.detector.case import FORMS, Series
from harness.subjects.detector.asking.side_effects import handed_in, watching

VALUES = np.array([np.nan, 1.0, np.inf, -0.0])


@pytest.mark.parametrize("form", sorted(FORMS))
def test_what_is_left_alone_is_no_side_effect(form: str) -> None:
    values = np.abs(np.nan_to_num(VALUES, nan=2.0, posinf=3.0)) if "int" in form else VALUES
    with watching() as watch:
        handed_in(Series(values, form))
    assert watch.side_effects() == ()


@pytest.mark.parametrize("form", ["float64", "list"])
def test_what_is_changed_is_one(form: str) -> None:
    with watching() as watch:
        built = handed_in(Series(VALUES, form))
        built[1] = 7.0
    assert watch.side_effects() == ("handed_in",)
