"""Shows that a package is the compiled one, so that no other implementation answers under its name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from importlib.machinery import ExtensionFileLoader
from types import ModuleType

EXTENSION = "_native"


def check_compiled(package: ModuleType, names: Iterable[str]) -> None:
    """Hold a package to have a compiled extension, whose own the names are, or classes that inherit from its.

    Raises `ImportError` that says what is missing.
    """
    try:
        extension = importlib.import_module(f"{package.__name__}.{EXTENSION}")
    except ImportError as error:
        raise ImportError(f"it is not the compiled module: it has no {package.__name__}.{EXTENSION}") from error
    if not isinstance(getattr(extension.__spec__, "loader", None), ExtensionFileLoader):
        raise ImportError(f"it is not the compiled module: {extension.__name__} is no shared object")
    for name in names:
        found, own = getattr(package, name), getattr(extension, name, None)
        inherits = inspect.isclass(found) and inspect.isclass(own) and issubclass(found, own)
        if own is None or not (found is own or inherits):
            raise ImportError(f"it is not the compiled module: its {name} is not that of {extension.__name__}")
