"""The output of commands, and what happens when nobody can read it."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.text import Text

from generators.errors import ParityError

EXIT_BAD_USAGE = 2
EXIT_MISSING = 3
# As a shell reports a program that SIGPIPE ended: the reader had enough, which says nothing about parity.
EXIT_READER_GONE = 141
EXIT_INTERRUPTED = 130
# The name under which a context keeps the words that were typed.
TYPED = "harness.typed"


# Control signs but for tabs and ends of lines, and those that turn the direction of what follows.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Interrupted(click.Abort):
    """Ctrl-C or a signal ended the command; `exit_code` is the one that a shell expects."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


class OutputError(ParityError):
    """Standard output takes no more."""

    def __init__(self, error: OSError) -> None:
        self.exit_code = EXIT_READER_GONE if error.errno == errno.EPIPE else EXIT_BAD_USAGE
        super().__init__(f"standard output cannot be written ({error.strerror})")


class PlainConsole(Console):
    """A console that leaves a reader's departure to the command line."""

    def render_str(self, text: str, **options: Any) -> Text:
        """A text as it is: names in brackets are names, and what a record holds moves no cursor."""
        return super().render_str(printable(text), **{**options, "markup": False})

    def on_broken_pipe(self) -> NoReturn:
        """Say it like any other failed write; rich would exit with the code of a divergence."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def printable(text: str) -> str:
    """A text without signs by which a terminal is told to do something, as to write over what it shows already."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def as_json(data: Any) -> str:
    """Plain data for a machine to read."""
    return json.dumps(data, indent=1)


def console_for(*, as_data: bool) -> Console:
    """A console for tables; with --json it is silent, so that standard output is data alone."""
    # Where no terminal says how wide it is, a log can hold every column.
    wide = None if sys.stdout.isatty() else 150
    # A name between colons is a name, and no emoji.
    return PlainConsole(quiet=as_data, highlight=False, width=wide, emoji=False)


def guarded(run: Callable[[], Any]) -> Any:
    """Call `run` and flush all that it printed. Raises `OutputError` and `click.Abort`."""
    try:
        result = run()
        sys.stdout.flush()
    except KeyboardInterrupt as stopped:
        raise Interrupted(getattr(stopped, "exit_code", EXIT_INTERRUPTED)) from None
    except OSError as error:
        # What names a file, or lists many, is not about standard output.
        if error.filename is not None or error.errno is None:
            raise
        raise OutputError(error) from error
    return result


def drop_output() -> None:
    """Let nothing that is still unwritten be tried again when the process ends."""
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
    except (OSError, ValueError):
        # Not a file (a test's capture): there is nothing that Python would flush at its end.
        return
