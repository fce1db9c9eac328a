"""The root of every error that a user of the harness can cause."""

from __future__ import annotations


class ParityError(Exception):
    """Bad input, or something missing: one sentence that says what is wrong, where, and what to do.

    `exit_code` is what the command line ends with: 2 for bad input, 3 for a port or a dependency that is missing.
    """

    exit_code = 2
