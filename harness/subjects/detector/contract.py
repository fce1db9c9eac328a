"""Reader of the detector's contract, `golden/detector/contract.json`: surface, levels, and tolerances with reasons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from generators.plain import Json
from golden.detector.corpus import CONTRACT_FILE
from golden.detector.rounding import Rounding, rounding_of
from harness.comparators.tolerances import ToleranceError, Tolerances, read_tolerances
from harness.panel import ContractFileError
from harness.subjects.detector.judging.statistical import Criteria


@dataclass(frozen=True, kw_only=True)
class Ties:
    """How many half ulps a row may lie between two answers of a training that tie."""

    path_roundings_per_row: int
    label_roundings_per_row: int


@dataclass(frozen=True)
class DetectorContract:
    """The contract that every port must meet."""

    surface: Json
    levels: dict[str, str]
    tolerances: Tolerances
    criteria: Criteria
    rounding: Rounding
    ties: Ties
    followed_relative: float
    not_compared: tuple[str, ...]


def load_detector_contract(path: Path = CONTRACT_FILE) -> DetectorContract:
    """Read the contract. Raises `ContractFileError`."""
    try:
        view = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractFileError(f"{path}: cannot be read ({error.strerror}); restore it from git") from error
    except (ValueError, RecursionError) as error:
        raise ContractFileError(f"{path}: is not JSON ({error}); restore it from git") from error
    try:
        statistics = {key: value for key, value in view["statistics"].items() if key != "reason"}
        return DetectorContract(
            surface=view["surface"],
            levels=dict(view["levels"]),
            tolerances=read_tolerances(view["tolerances"]),
            criteria=Criteria(**statistics),
            rounding=rounding_of(view),
            followed_relative=float(view["following"]["relative"]),
            ties=Ties(**{key: int(value) for key, value in view["ties"].items() if key != "reason"}),
            not_compared=tuple(entry["what"] for entry in view["not_compared"]),
        )
    except (KeyError, TypeError, AttributeError, ToleranceError) as error:
        raise ContractFileError(f"{path}: is not a contract of the detector ({error}); restore it from git") from error
