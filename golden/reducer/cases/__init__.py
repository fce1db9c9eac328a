"""The definitions of all fixtures, one module per concern."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from golden.reducer.corpus import Definition

MODULES = ("paths", "numbers", "arithmetic", "shapes", "errors", "limits", "sessions", "journeys", "promoted")


@cache
def definitions() -> tuple[Definition, ...]:
    """Return every definition. The modules are imported here because the market of the journeys loads pandas."""
    modules = (import_module(f"golden.reducer.cases.{name}") for name in MODULES)
    return tuple(definition for module in modules for definition in module.DEFINITIONS)
