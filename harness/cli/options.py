"""Options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import click

from harness.subjects.reducer.ports.process import TIMEOUT_SEC

SUBJECTS = ("reducer", "detector")

candidate_option = click.option(
    "--candidate-exe",
    "candidate_exes",
    multiple=True,
    metavar="PATH",
    help="An executable (with arguments, quoted as for a shell) to hold against the reference; started with --server.",
)

module_option = click.option(
    "--candidate-module",
    "candidate_modules",
    multiple=True,
    metavar="NAME",
    help="A module with the detector's names (some or all) to hold against the reference.",
)


class Seconds(click.FloatRange):
    """A duration; NaN is in no range, but no comparison would say so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The duration as a number."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is no duration; name seconds, from 0.01 to a day (86400).", param, ctx)
        return seconds


timeout_option = click.option(
    "--timeout-sec",
    type=Seconds(0.01, 86_400.0),
    default=TIMEOUT_SEC,
    show_default=True,
    help="For one answer; a case of the detector has 120 s if this is left out.",
)
json_option = click.option("--json", "as_data", is_flag=True, help="Plain data for a machine to read.")

# Options of the reducer's ports and cases, which the detector has no use for.
OF_THE_REDUCER = ("candidate_exes", "events_max")


def refuse_foreign(subject: str, options: Mapping[str, Any]) -> None:
    """Refuse options that were given and that the subject does not have; silence would promise what does not happen."""
    foreign = OF_THE_REDUCER if subject == "detector" else ("candidate_modules", "market_windows")
    for name in foreign:
        if name in options and given(name):
            params = click.get_current_context().command.params
            option = next(param.opts[0] for param in params if param.name == name)
            raise click.UsageError(f"{option}: means nothing to the {subject}; leave it out")


def given(name: str) -> bool:
    """Whether an option of the running command was given, and not left to its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
