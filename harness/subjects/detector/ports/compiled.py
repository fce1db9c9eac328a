"""Shows that the names of the port `rust` are those of a compiled module, so that no other implementation passes as it."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from types import ModuleType
from typing import Any

from generators.errors import ParityError

EXTENSION = "_native"


class NotCompiledError(ParityError):
    """A module is there under the name of a compiled one and is another; the message says how that shows."""


def check_compiled(package: ModuleType, names: Mapping[str, Any]) -> None:
    """Hold names to be those of the extension of a package, or written upon it. Raises `NotCompiledError`.

    A name that the extension has must be its own object, or a class that inherits from it. Any other must be a class of the
    package, and of nobody else, in a module that holds the extension.
    """
    extension = _extension_of(package)
    for name, found in names.items():
        own = getattr(extension, name, None)
        if own is None and not _is_written_upon(found, package.__name__, extension):
            raise _other(package, f"its {name} is of {_home(found)}")
        if own is not None and found is not own and not _inherits(found, own):
            raise _other(package, f"its {name} is of {_home(found)}, and not that of {extension.__name__}")


def _extension_of(package: ModuleType) -> ModuleType:
    try:
        extension = importlib.import_module(f"{package.__name__}.{EXTENSION}")
    except ImportError as error:
        raise _other(package, f"it has no {package.__name__}.{EXTENSION}") from error
    spec = getattr(extension, "__spec__", None)
    origin = str(getattr(spec, "origin", None))
    if not isinstance(getattr(spec, "loader", None), ExtensionFileLoader) or not origin.endswith(tuple(EXTENSION_SUFFIXES)):
        raise _other(package, f"its {EXTENSION} comes from {origin}, which is no shared object")
    return extension


def _other(package: ModuleType, how: str) -> NotCompiledError:
    return NotCompiledError(f"{package.__name__} is there, but it is not the compiled module: {how}")


def _inherits(found: Any, own: Any) -> bool:
    return inspect.isclass(found) and inspect.isclass(own) and issubclass(found, own)


def _is_written_upon(found: Any, package: str, extension: ModuleType) -> bool:
    if not inspect.isclass(found):
        return False
    homes = [each.__module__ for each in found.__mro__ if each is not object]
    if any(home.partition(".")[0] != package for home in homes):
        return False
    home = sys.modules.get(found.__module__)
    return home is not None and any(value is extension for value in vars(home).values())


def _home(found: Any) -> str:
    return getattr(found, "__module__", None) or type(found).__name__
