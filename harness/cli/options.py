"""Options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.panel import REFERENCE, PortRequest
from harness.subject import Subject
from harness.subjects.registry import names, subject_called

LEDGER = "sqlite:///reports/ledger.sqlite"

F = TypeVar("F", bound=Callable[..., Any])
# Options that mean something to some subjects only; a subject's `options` names those of its own.
OF_SOME_SUBJECTS = ("candidate_exes", "candidate_modules", "events_max", "market_windows", "candles")

candidate_option = click.option(
    "--candidate-exe",
    "candidate_exes",
    multiple=True,
    metavar="PATH",
    help="An executable (with arguments, quoted as for a shell) to compare with the reference; started with --server.",
)
module_option = click.option(
    "--candidate-module",
    "candidate_modules",
    multiple=True,
    metavar="NAME",
    help="A module with the reference's names (some or all) to compare with the reference.",
)


class Seconds(click.FloatRange):
    """A duration; NaN is in no range, but no comparison would say so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The duration as a number."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is not a duration; name seconds, from 0.01 to a day (86400).", param, ctx)
        return seconds


class NamedPath(click.Path):
    """A path that was named. An empty text stands for the current folder, which nobody means who writes nothing."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises `UsageError` for a text without a name."""
        if isinstance(value, str) and not value.strip():
            called = param.opts[0] if isinstance(param, click.Option) else "a path"
            raise click.UsageError(f"{called} {value!r}: is empty; name a file or a folder (the current one is .)", ctx)
        return super().convert(value, param, ctx)


timeout_option = click.option(
    "--timeout-sec", type=Seconds(0.01, 86_400.0), help="Seconds for one answer; by default as many as suit the subject."
)
json_option = click.option("--json", "as_data", is_flag=True, help="Plain data for a machine to read.")


def subject_option(*, of_all: bool = False) -> Callable[[F], F]:
    """`--subject NAME`; `of_all` makes all subjects the default."""
    known = names()
    if of_all:
        return click.option("--subject", type=click.Choice(known), help="One subject alone; all of them by default.")
    return click.option("--subject", type=click.Choice(known), default=known[0], show_default=True, help="What to compare.")


def chosen(subject: str | None, options: Mapping[str, Any]) -> list[Subject[Any]]:
    """The subjects that a command is about. An option that only some subjects have chooses among all of them.

    Raises `UsageError` for an option that none of them has.
    """
    if subject is not None:
        about = subject_called(subject)
        refuse_foreign(about, options)
        return [about]
    wanted = [name for name in OF_SOME_SUBJECTS if name in options and given(name)]
    every = [subject_called(name) for name in names()]
    found = [about for about in every if about.options.issuperset(wanted)]
    if not found:
        listed = " and ".join(option_called(name) for name in wanted)
        raise click.UsageError(f"{listed}: no subject has all of these; name one with --subject, and leave the others out")
    return found


def refuse_foreign(subject: Subject[Any], options: Mapping[str, Any]) -> None:
    """Refuse options that were given and that the subject does not have; silence would promise what does not happen."""
    for name in OF_SOME_SUBJECTS:
        if name in options and name not in subject.options and given(name):
            raise click.UsageError(f"{option_called(name)}: means nothing to the subject {subject.name}; leave it out")


def refuse_given(options: Iterable[str], why: str) -> None:
    """Refuse every one of these options that was given."""
    for name in options:
        if given(name):
            raise click.UsageError(f"{option_called(name)}: {why}")


def option_called(name: str) -> str:
    """The option behind a parameter of the running command."""
    params = click.get_current_context().command.params
    return next((param.opts[0] for param in params if param.name == name), name)


def given(name: str) -> bool:
    """True if an option of the running command was given, and not left to its default."""
    return _source(name) == "COMMANDLINE"


def named(name: str) -> bool:
    """True if an option of the running command was given, or set by the environment."""
    return _source(name) in ("COMMANDLINE", "ENVIRONMENT")


def _source(name: str) -> str | None:
    source = click.get_current_context().get_parameter_source(name)
    return None if source is None else source.name


def candidates_of(subject: Subject[Any], options: Mapping[str, Any]) -> tuple[str, ...]:
    """The candidates that were named for a subject."""
    return tuple(options.get(subject.candidate_option, ()))


def request_of(subject: Subject[Any], options: Mapping[str, Any], ports: Sequence[str] = ()) -> PortRequest:
    """The ports that a command opens: those named, all if none is, and candidates."""
    return PortRequest(names=tuple(ports), candidates=candidates_of(subject, options), timeout_sec=options.get("timeout_sec"))


def port_names(text: str | None, *, with_candidates: bool) -> tuple[str, ...]:
    """The value of `--ports`. Raises `UsageError` where nothing would be compared."""
    if text is None:
        # Whoever names a candidate asks about that candidate.
        return (REFERENCE,) if with_candidates else ()
    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise click.UsageError("--ports: name at least one port")
    if set(found) == {REFERENCE} and not with_candidates:
        raise click.UsageError(f"--ports {REFERENCE}: is the reference, and alone leaves nothing to compare; name another one")
    return found


reports_option = click.option(
    "--reports", "reports_dir", type=NamedPath(), default=Path("reports"), show_default=True, help="For repros."
)

ledger_option = click.option(
    "--ledger",
    "url",
    default=LEDGER,
    show_default=True,
    envvar="PARITY_LEDGER",
    show_envvar=True,
    help="A database as SQLAlchemy writes its address.",
)
_unrecorded_option = click.option("--no-evidence", "unrecorded", is_flag=True, help="Leave no record of this in the ledger.")


def evidence_options(command: F) -> F:
    """`--ledger URL` and `--no-evidence`, for a command that leaves a record."""
    return ledger_option(_unrecorded_option(command))
