"""What a fuzz run found once: see `golden.promoted`."""

from __future__ import annotations

from generators.case import from_json
from golden.corpus import Definition
from golden.promoted import read_promoted

DEFINITIONS = tuple(
    Definition(name=case["name"], about=about, case=from_json(case)) for about, case in read_promoted("reducer")
)
