"""Definitions of cases that a fuzz run found; see `golden.promoted`."""

from __future__ import annotations

from generators.reducer.case import from_json
from golden.promoted import read_promoted
from golden.reducer.corpus import Definition

DEFINITIONS = tuple(
    Definition(name=case["name"], about=about, case=from_json(case)) for about, case in read_promoted("reducer")
)
