"""The root of every error that a user of the harness can cause."""

from __future__ import annotations

from typing import Any


class ParityError(Exception):
    """Bad input, or a missing dependency. The message is one sentence: what is wrong, where, and how to fix it.

    `exit_code` is the exit status of the command line: 2 for bad input, 3 for a missing port or dependency.
    """

    exit_code = 2

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what it is made of again in another process, whatever its class is made from."""
        return _made_again, (type(self), self.args), vars(self)


def _made_again(cls: type[ParityError], args: tuple[Any, ...]) -> ParityError:
    error = cls.__new__(cls)
    error.args = args
    return error
