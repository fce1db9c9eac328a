"""A case of the reducer: one serialisable input with its name and origin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from generators.plain import Json

SUBJECT = "reducer"
# Plain data hold no cycles; to look for them costs a third of the spelling.
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


@dataclass(frozen=True, kw_only=True)
class Case:
    """The contents of a `replay` request, and their origin.

    `state`, `config`, `order_sizes` and `events` are plain data as on the wire: infinities are text, events have a `_type`.
    `order_size_usd` is in USD. `metadata` holds the origin (`source`, and `seed` and `index`, or a file).
    """

    name: str
    state: Any
    config: Any
    order_size_usd: Any
    order_sizes: Any = None
    events: tuple[Any, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def request(self) -> Json:
        """Return the `replay` request of this case. Events come first, which the server reads fastest (see `docs/wire.md`)."""
        return {"method": "replay", "events": list(self.events), **self.inputs()}

    @cached_property
    def line(self) -> bytes:
        """The `replay` request as one line of JSON."""
        return to_line(self.request())

    def inputs(self) -> Json:
        """Return the inputs that every step shares: state, configuration and sizes."""
        return {
            "state": self.state,
            "config": self.config,
            "order_size_usd": self.order_size_usd,
            "order_sizes": self.order_sizes,
        }

    def to_json(self) -> Json:
        """Return the case as plain data; `from_json` reads it back."""
        return {"name": self.name, **self.inputs(), "events": list(self.events), "metadata": dict(self.metadata)}


def from_json(data: Mapping[str, Any]) -> Case:
    """Read a case from plain data. Raises `ValueError` naming the field that is missing or wrong."""
    for name in ("name", "state", "config", "order_size_usd", "events"):
        if name not in data:
            raise ValueError(f"case.{name}: is missing")
    if not isinstance(data["events"], list):
        raise ValueError("case.events: expected a list")
    return Case(
        name=str(data["name"]),
        state=data["state"],
        config=data["config"],
        order_size_usd=data["order_size_usd"],
        order_sizes=data.get("order_sizes"),
        events=tuple(data["events"]),
        metadata=data.get("metadata", {}),
    )


def to_line(request: Mapping[str, Any]) -> bytes:
    """Encode a request as one line of JSON, without a newline."""
    return spelled(request).encode()


def spelled(value: object) -> str:
    """Return plain data as JSON on one line, without spaces."""
    return _encode(value)
