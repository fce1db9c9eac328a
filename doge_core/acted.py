"""The actions of the events of a replay, as the rows of an answer tell them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from doge_core.codec import ACTIONS, ROW_TYPES, read_actions
from doge_core.errors import ServerGarbageError
from reducer.types import Action

# For each event, a row for each action: the name of its type and its fields.
Rows: TypeAlias = list[list[list[Any]]]

_TYPES = {name: (str, *ROW_TYPES[cls]) for name, cls in ACTIONS.items()}


def check_rows(rows: Rows) -> Rows:
    """Return rows of which actions can be made.

    Raises `ServerGarbageError`, or for what is no rows an exception such as `KeyError` or `TypeError`.
    """
    for acted in rows:
        for row in acted:
            if tuple(map(type, row)) != _TYPES[row[0]]:
                raise ServerGarbageError(f"{row} is no action")
    return rows


class Acted(Sequence[list[Action]]):
    """The actions of each event, from the rows of an answer. They are made when one is first looked at, all at once."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @cached_property
    def _made(self) -> list[list[Action]]:
        return [read_actions(row) if row else [] for row in self._rows]

    def followed_by(self, more: Acted) -> Acted:
        """Return the actions of these events and of those that follow; nobody may have looked at these."""
        self._rows.extend(more._rows)
        return self

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        """Return the actions of an event, or of some as a list."""
        return self._made[index]

    def __iter__(self) -> Iterator[list[Action]]:
        """Yield the actions of each event."""
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        """Return True for the same actions, also in a list."""
        return isinstance(other, list | Acted) and self._made == list(other)

    def __repr__(self) -> str:
        """Return what a list of them shows."""
        return repr(self._made)
