"""The definitions of all fixtures, one module per concern."""

from golden.cases import errors, journeys, numbers, paths, sessions, shapes
from golden.corpus import Definition

DEFINITIONS: tuple[Definition, ...] = (
    *paths.DEFINITIONS,
    *numbers.DEFINITIONS,
    *shapes.DEFINITIONS,
    *errors.DEFINITIONS,
    *sessions.DEFINITIONS,
    *journeys.DEFINITIONS,
)

__all__ = ["DEFINITIONS"]
