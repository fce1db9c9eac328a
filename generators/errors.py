"""The root of every error that a user of the harness can cause."""

from __future__ import annotations


class ParityError(Exception):
    """Bad input, or a missing dependency. The message is one sentence: what is wrong, where, and how to fix it.

    `exit_code` is the exit status of the command line: 2 for bad input, 3 for a missing port or dependency.
    """

    exit_code = 2
