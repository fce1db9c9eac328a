"""The epsilon comparator: structure and types must be equal, numbers must agree within the tolerance of their field.

Two NaNs agree, and so do equal infinities. A field without a tolerance is compared by bits, except for NaN. The largest
difference in each field is recorded even if the values agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.comparators.divergence import ABSENT, Divergence, Kind
from harness.comparators.path import ROOT_PATH, Path
from harness.comparators.tolerances import Tolerance, Tolerances

SIGN_BIT = 63  # of a double
Floats = npt.NDArray[np.float64]


@dataclass
class Largest:
    """The largest difference in a field, and its path.

    `relative` is the largest share of the largest value in the column or its data, `share` the largest share of the tolerance.
    """

    difference: float = 0.0
    relative: float = 0.0
    share: float = 0.0
    path: Path = ROOT_PATH
    count: int = 0

    def add(self, other: Largest) -> None:
        """Merge the largest difference of another comparison into this one."""
        self.count += other.count
        if other.difference > self.difference:
            self.difference, self.path = other.difference, other.path
        self.relative = max(self.relative, other.relative)
        self.share = max(self.share, other.share)


@dataclass
class Comparison:
    """The result of comparing two outcomes."""

    divergences: list[Divergence] = field(default_factory=list)
    largest: dict[str, Largest] = field(default_factory=dict)


def compare(
    *,
    reference: Any,
    candidate: Any,
    tolerances: Tolerances,
    path: Path = ROOT_PATH,
    data: Floats | None = None,
) -> Comparison:
    """Return every divergence beyond tolerance, in the reference's order, and the largest differences.

    `data` are the input rows (rows, columns), for tolerances that are relative to them.
    """
    walk = _Walk(tolerances, None if data is None else _column_sizes(data))
    found = [Divergence(path=where, kind=kind, reference=left, candidate=right)
             for where, kind, left, right in walk.differences(reference, candidate, path)]  # fmt: skip
    return Comparison(found, walk.largest)


def _column_sizes(data: Floats) -> Floats:
    finite = np.where(np.isfinite(data), np.abs(data), 0.0)
    sizes: Floats = finite.max(axis=0) if len(finite) else np.zeros(data.shape[1:])
    return sizes


Difference = tuple[Path, Kind, Any, Any]


class _Walk:
    """The state of one comparison."""

    def __init__(self, tolerances: Tolerances, sizes: Floats | None) -> None:
        self.tolerances = tolerances
        self.sizes = sizes
        self.largest: dict[str, Largest] = {}
        # The pair of objects that are being compared, the innermost last.
        self.objects: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    def differences(self, reference: Any, candidate: Any, path: Path) -> Iterator[Difference]:
        """Yield the differences of two values."""
        if isinstance(reference, Mapping) and isinstance(candidate, Mapping):
            yield from self._of_objects(reference, candidate, path)
        elif isinstance(reference, list) and isinstance(candidate, list):
            yield from self._of_lists(reference, candidate, path)
        elif isinstance(reference, np.ndarray) and isinstance(candidate, np.ndarray):
            yield from self._of_arrays(reference, candidate, path)
        elif type(reference) is not type(candidate):
            yield path, "type", reference, candidate
        elif isinstance(reference, float):
            yield from self._of_numbers(np.array([reference]), np.array([candidate]), path, scalar=True)
        elif reference != candidate:
            yield path, "value", reference, candidate

    def _of_objects(self, reference: Mapping[str, Any], candidate: Mapping[str, Any], path: Path) -> Iterator[Difference]:
        self.objects.append((reference, candidate))
        for key, left in reference.items():
            if key in candidate:
                yield from self.differences(left, candidate[key], path / key)
            else:
                yield path / key, "missing", left, ABSENT
        self.objects.pop()
        for key in candidate:
            if key not in reference:
                yield path / key, "extra", ABSENT, candidate[key]

    def _of_lists(self, reference: list[Any], candidate: list[Any], path: Path) -> Iterator[Difference]:
        for index, (left, right) in enumerate(zip(reference, candidate, strict=False)):
            yield from self.differences(left, right, path / index)
        for index in range(len(candidate), len(reference)):
            yield path / index, "missing", reference[index], ABSENT
        for index in range(len(reference), len(candidate)):
            yield path / index, "extra", ABSENT, candidate[index]

    def _of_arrays(self, reference: npt.NDArray[Any], candidate: npt.NDArray[Any], path: Path) -> Iterator[Difference]:
        if reference.dtype != candidate.dtype:
            yield path / "dtype", "type", str(reference.dtype), str(candidate.dtype)
        elif reference.shape != candidate.shape:
            yield path / "shape", "value", list(reference.shape), list(candidate.shape)
        elif reference.dtype == np.float64:
            yield from self._of_numbers(reference, candidate, path, scalar=False)
        else:
            yield from _located(reference != candidate, reference, candidate, path)

    def _of_numbers(self, reference: Floats, candidate: Floats, path: Path, *, scalar: bool) -> Iterator[Difference]:
        if not reference.size:
            return
        tolerance = self.tolerances.of(path)
        difference = _distance(reference, candidate)
        if tolerance is None:
            same = _bits(reference) == _bits(candidate)
            wrong, shares = ~(same | (np.isnan(reference) & np.isnan(candidate))), np.zeros(difference.shape)
        else:
            bound = _bound(reference, candidate, tolerance, self.sizes, self._sibling(tolerance))
            close = difference <= bound
            if tolerance.ulp:
                close |= ulps_apart(reference, candidate) <= tolerance.ulp
            wrong = ~close
            with np.errstate(all="ignore"):
                shares = np.where(bound > 0.0, difference / bound, 0.0)
        self._note(path, difference, shares, wrong, self._size(reference, tolerance))
        if scalar and wrong[0]:
            yield path, "value", float(reference[0]), float(candidate[0])
        elif not scalar:
            yield from _located(wrong, reference, candidate, path)

    def _sibling(self, tolerance: Tolerance) -> float:
        """Return the largest finite value of the field that a tolerance refers to, on both sides."""
        sides = self.objects[-1] if tolerance.sibling and self.objects else ()
        values = [np.abs(np.asarray(side[tolerance.sibling], dtype=np.float64)) for side in sides if tolerance.sibling in side]
        return max((float(np.max(value, where=np.isfinite(value), initial=0.0)) for value in values), default=0.0)

    def _size(self, reference: Floats, tolerance: Tolerance | None) -> Floats:
        """Return the largest value of each column, including the input data if the tolerance refers to them."""
        size: Floats = np.where(np.isfinite(reference), np.abs(reference), 0.0).max(axis=0, keepdims=True)
        by_data = tolerance is not None and tolerance.of_data > 0.0
        if by_data and self.sizes is not None and self.sizes.shape == reference.shape[-1:]:
            return np.maximum(size, self.sizes)
        return size

    def _note(self, path: Path, difference: Floats, shares: Floats, wrong: npt.NDArray[np.bool_], size: Floats) -> None:
        """Record the largest finite difference among the values that agree."""
        agreed = np.where(wrong | ~np.isfinite(difference), -1.0, difference)
        at = int(np.argmax(agreed))
        largest = float(agreed.flat[at])
        if largest < 0.0:
            return
        entry = Largest(difference=largest, path=path, count=int(difference.size))
        if largest > 0.0:
            with np.errstate(all="ignore"):
                relative = agreed / size
            entry.relative = float(np.max(np.where(np.isfinite(relative), relative, 0.0)))
            entry.share = float(np.max(np.where(wrong | ~np.isfinite(shares), 0.0, shares)))
            if difference.size > 1:
                entry.path = Path(*path.steps, *(int(index) for index in np.unravel_index(at, difference.shape)))
        self.largest.setdefault(path.anywhere, Largest()).add(entry)


def _bits(values: Floats) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(values).view(np.uint64)


def _distance(reference: Floats, candidate: Floats) -> Floats:
    """Return the distances of the values: 0 for two NaNs or equal infinities, infinite if only one of them is finite."""
    with np.errstate(all="ignore"):
        apart = np.abs(reference - candidate)
    equal = (reference == candidate) | (np.isnan(reference) & np.isnan(candidate))
    distance: Floats = np.where(equal, 0.0, np.where(np.isnan(apart), np.inf, apart))
    return distance


def _bound(reference: Floats, candidate: Floats, tolerance: Tolerance, sizes: Floats | None, sibling: float) -> Floats:
    """Return the largest difference that each value may have."""
    size = np.where(np.isfinite(reference), np.abs(reference), 0.0)
    other = np.where(np.isfinite(candidate), np.abs(candidate), 0.0)
    with np.errstate(over="ignore"):
        bound = np.maximum(tolerance.absolute + tolerance.of_sibling * sibling, tolerance.relative * np.maximum(size, other))
        bound = np.maximum(bound, tolerance.of_column * size.max(axis=0, keepdims=True))
        bound = np.maximum(bound, tolerance.of_all * size.max())
        if sizes is not None and sizes.shape == reference.shape[-1:]:
            bound = np.maximum(bound, tolerance.of_data * sizes)
            bound = np.maximum(bound, tolerance.of_data_squared * sizes * sizes)
    # A non-finite value must agree exactly.
    limit: Floats = np.where(np.isfinite(reference) & np.isfinite(candidate), bound, 0.0)
    return limit


def ulps_apart(reference: Floats, candidate: Floats) -> Floats:
    """Return the number of doubles between the values; -0.0 and 0.0 count as one double.

    Counts beyond 2**53 are rounded. The count is infinite if either side is not finite, unless both are the same.
    """
    bits = [_bits(values) for values in (reference, candidate)]
    sign = np.uint64(1 << SIGN_BIT)
    left, right = (value & ~sign for value in bits)
    same_side = ((bits[0] ^ bits[1]) & sign) == 0
    apart = np.where(same_side, np.maximum(left, right) - np.minimum(left, right), left + right).astype(np.float64)
    finite = np.isfinite(reference) & np.isfinite(candidate)
    equal = (reference == candidate) | (np.isnan(reference) & np.isnan(candidate))
    counted: Floats = np.where(equal, 0.0, np.where(finite, apart, np.inf))
    return counted


def _located(
    wrong: npt.NDArray[np.bool_], reference: npt.NDArray[Any], candidate: npt.NDArray[Any], path: Path
) -> Iterator[Difference]:
    for place in np.argwhere(wrong):
        where = Path(*path.steps, *(int(index) for index in place))
        yield where, "value", reference[tuple(place)].item(), candidate[tuple(place)].item()
