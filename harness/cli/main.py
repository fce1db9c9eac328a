"""`parity`: the group of all commands, each imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from generators.errors import ParityError
from harness.cli.output import EXIT_BAD_USAGE, EXIT_INTERRUPTED, TYPED, OutputError, drop_output, guarded, printable

# Each command with its line in `parity --help`, so that help need not import them.
COMMANDS = {
    "bench": "How fast every port is, side by side in one run.",
    "dashboard": "A site of pages that shows what the ledger holds.",
    "drill": "Throws the switches of a cut-over under load.",
    "doctor": "Which ports are here, and what is missing.",
    "evidence": "Records that commands left: list, show, export, import.",
    "fuzz": "Very many generated cases; finds are shrunk and kept.",
    "gate": "May we cut over? Go or no-go, criterion by criterion.",
    "golden": "Fixtures: cases with their recorded outcomes.",
    "exhaust": "Every state of small, closed worlds through every port, explored to the end.",
    "mutants": "Plants bugs and tells which the cases find.",
    "replay": "Runs a repro file again.",
    "run": "Golden, generated and market-driven cases.",
    "shadow": "What a shadow beside the bot has seen: a report on a period.",
    "telemetry": "What a round of the bot's loop costs: captured, reported, compared.",
    "serve": "The dashboard, and the runs that are going on, live.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """Read the options; click itself answers an interrupt here with an empty line of its own."""
        typed = tuple(args)
        context: click.Context = guarded(lambda: super(LazyGroup, self).make_context(info_name, args, *rest, **extra))
        # What was typed is part of the evidence that a command leaves.
        context.meta[TYPED] = typed
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would exit with the code of a divergence where the reader is gone."""
        return guarded(lambda: super(LazyGroup, self).invoke(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"harness.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, none of which is imported for it."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup)
def cli() -> None:
    """Does every port of the trading bot's cores do what the Python reference does?

    Exit codes: 0 parity, 1 a divergence or a check that failed, 2 bad input, 3 a port is missing or broken, 130 interrupted,
    141 the reader of the output went away (as in `parity run | head -1`), which says nothing about parity.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake is one sentence and exit code 2."""
    try:
        code = cli.main(args=arguments, prog_name="parity", standalone_mode=False)
    except click.exceptions.Abort as stopped:
        click.echo("parity: interrupted", err=True)
        code = getattr(stopped, "exit_code", EXIT_INTERRUPTED)
    except OutputError as error:
        drop_output()
        if error.exit_code == EXIT_BAD_USAGE:
            click.echo(printable(f"parity: {error}"), err=True)
        code = error.exit_code
    except click.ClickException as error:
        click.echo(printable(f"parity: {error.format_message()}"), err=True)
        code = EXIT_BAD_USAGE
    except ParityError as error:
        click.echo(printable(f"parity: {error}"), err=True)
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
