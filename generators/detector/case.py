"""A case of the detector: one serialisable input, its kind, and the special properties of its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from generators.plain import Json, spell_out

Floats = npt.NDArray[np.float64]

Kind = Literal["features", "em", "fit", "detector", "inference", "functions", "errors"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SUBJECT = "detector"


def _spread(values: Floats, step: int) -> Floats:
    """Return a strided view of the values. The gaps in memory hold NaN, which a port must not read."""
    shape = tuple(length * abs(step) for length in values.shape)
    view = np.full(shape, np.nan)[(slice(None, None, step),) * values.ndim]
    view[...] = values
    return view


def _read_only(values: Floats) -> Floats:
    copy = values.copy()
    copy.setflags(write=False)
    return copy


# Forms in which a caller may pass the same numbers. A port must accept or refuse each as the reference does.
FORMS: dict[str, Callable[[Floats], Any]] = {
    "float64": lambda values: np.ascontiguousarray(values).copy(),
    "float32": lambda values: values.astype(np.float32),
    "int64": lambda values: np.where(np.isfinite(values), values, 0.0).astype(np.int64),
    "list": lambda values: values.tolist(),
    "tuple": lambda values: tuple(values.tolist()),
    "ints": lambda values: np.where(np.isfinite(values), values, 0.0).astype(np.int64).tolist(),
    "strided": lambda values: _spread(values, 3),
    "reversed": lambda values: _spread(values, -2),
    "readonly": _read_only,
    "fortran": lambda values: np.asfortranarray(values),
    "swapped": lambda values: values.astype(values.dtype.newbyteorder()),
    "column": lambda values: values.reshape(-1, 1),
    "flat": lambda values: values.reshape(-1),
    "cube": lambda values: values.reshape(*values.shape, 1),
    "words": lambda values: ["no number"] * max(1, len(values)),
    "none": lambda values: [None] * max(1, len(values)),
    "scalar": lambda values: float(values.flat[0]) if values.size else 0.0,
}
# These forms keep every number exactly; with the others it is rounded, truncated or refused.
SAME_NUMBERS = ("float64", "list", "tuple", "strided", "reversed", "readonly", "fortran", "swapped")


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers, and the form in which a caller passes them."""

    values: Floats
    form: str = "float64"

    def build(self) -> Any:
        """Build a new object of that form."""
        return FORMS[self.form](self.values)

    def cut(self, start: int, stop: int) -> Series:
        """Return the rows from `start` to `stop` in the same form."""
        return Series(self.values[start:stop], self.form)

    def to_json(self) -> Json:
        """Return the series as plain data; `series_from_json` reads it back."""
        return {"form": self.form, "shape": list(self.values.shape), "values": spell_out(self.values.ravel().tolist())}


def series_from_json(data: Any) -> Series:
    """Read a series from plain data. Raises `ValueError`."""
    if not isinstance(data, dict) or data.get("form") not in FORMS:
        raise ValueError(f"series.form: must be one of {', '.join(FORMS)}")
    values = np.array([float(value) for value in data["values"]], dtype=np.float64).reshape(data["shape"])
    return Series(values, data["form"])


@dataclass(frozen=True, kw_only=True, eq=False)
class DetectorCase:
    """The inputs of one kind of call, and their origin.

    `inputs` holds plain data and `Series`. `properties` names the special properties of the data. `degenerate` declares data
    on which training is not well defined, so that parameters may depend on the last bit of a sum.
    """

    name: str
    kind: Kind
    inputs: Mapping[str, Any]
    properties: tuple[str, ...] = ()
    degenerate: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return the case as plain data; `from_json` reads it back."""
        return {
            "subject": SUBJECT,
            "name": self.name,
            "kind": self.kind,
            "inputs": _to_plain(dict(self.inputs)),
            "properties": list(self.properties),
            "degenerate": self.degenerate,
            "metadata": dict(self.metadata),
        }


# The required inputs of each kind, with their types.
INPUTS: dict[str, dict[str, tuple[type, ...]]] = {
    "features": {"closes": (Series,), "volumes": (Series,), "periods": (dict,)},
    "em": {"rows": (Series,), "lengths": (list, NoneType), "start": (dict,), "rounds": (int,), "implementation": (str,)},
    "fit": {"rows": (Series,), "lengths": (list, NoneType), "settings": (dict,)},
    "detector": {"closes": (Series,), "volumes": (Series,), "config": (dict,), "actions": (list,)},
    "inference": {"rows": (Series,), "lengths": (list, NoneType), "model": (dict,), "implementation": (str,)},
    "functions": {"steps": (list,)},
    "errors": {"steps": (list,)},
}


def _check_inputs(kind: str, inputs: Any) -> None:
    """Raise `ValueError` naming the first input that is missing or has the wrong type."""
    for name, kinds in INPUTS[kind].items():
        value = inputs.get(name) if isinstance(inputs, dict) else None
        if not isinstance(value, kinds):
            raise ValueError(f"case.inputs.{name}: is missing, or has the wrong type for a case of kind {kind!r}")


def from_json(data: Mapping[str, Any]) -> DetectorCase:
    """Read a case from plain data. Raises `ValueError` naming the field that is missing or wrong."""
    for name in ("name", "kind", "inputs"):
        if name not in data:
            raise ValueError(f"case.{name}: is missing")
    if data["kind"] not in KINDS:
        raise ValueError(f"case.kind: must be one of {', '.join(KINDS)}")
    inputs = _from_plain(data["inputs"])
    _check_inputs(data["kind"], inputs)
    return DetectorCase(
        name=str(data["name"]),
        kind=data["kind"],
        inputs=inputs,
        properties=tuple(data.get("properties", ())),
        degenerate=bool(data.get("degenerate", False)),
        metadata=data.get("metadata", {}),
    )


def _to_plain(value: Any) -> Any:
    if isinstance(value, Series):
        return {"series": value.to_json()}
    if isinstance(value, dict):
        return {key: _to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    return spell_out(value)


def _from_plain(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"series"}:
            return series_from_json(value["series"])
        return {key: _from_plain(item) for key, item in value.items()}
    return [_from_plain(item) for item in value] if isinstance(value, list) else value
