"""`parity`: the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from generators.candles import CandleError
from golden.manifest import ManifestError
from golden.reducer.corpus import FixtureError
from harness.cli.options import SUBJECTS, candidate_option, json_option, module_option, refuse_foreign, timeout_option
from harness.cli.output import EXIT_BAD_USAGE, EXIT_INTERRUPTED, EXIT_MISSING, OutputError, console_for, drop_output, guarded
from harness.engine.replay import RunOptions, as_json, examine, replay_repro, run_parity, tell_replay
from harness.engine.report import print_report, text_of, to_json
from harness.engine.repro import ReportsError, ReproError
from harness.subjects.detector.repro import subject_of
from harness.subjects.reducer.contract import ContractFileError
from harness.subjects.reducer.ports.registry import REFERENCE, UnknownPortError, open_ports

BAD_INPUT = (CandleError, ContractFileError, FixtureError, ManifestError, ReportsError, ReproError, UnknownPortError)


class LazyGroup(click.Group):
    """A group whose heavier sub-commands are imported when they are called."""

    lazy = {  # noqa: RUF012  # click.Group has no place for class annotations
        "bench": "harness.cli.bench:bench",
        "fuzz": "harness.cli.fuzz:fuzz",
        "golden": "harness.cli.golden:golden",
        "mutants": "harness.cli.mutants:mutants",
    }

    def invoke(self, ctx: click.Context) -> Any:
        """Run the sub-command; click itself would exit with the code of a divergence where the reader is gone."""
        return guarded(lambda: super(LazyGroup, self).invoke(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all sub-commands that are installed."""
        return sorted([*super().list_commands(ctx), *(name for name in self.lazy if self._load(name) is not None)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A sub-command by its name."""
        return self._load(cmd_name) if cmd_name in self.lazy else super().get_command(ctx, cmd_name)

    def _load(self, name: str) -> click.Command | None:
        module, _, attribute = self.lazy[name].partition(":")
        try:
            command: click.Command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            # Only the command itself may be absent; a module that it needs must not be swallowed.
            if error.name is None or not module.startswith(error.name):
                raise
            return None
        return command


@click.group(cls=LazyGroup)
def cli() -> None:
    """Does every port of the trading bot's cores do what the Python reference does?

    Exit codes: 0 parity, 1 a divergence or a check that failed, 2 bad input, 3 a port is missing or broken, 130 interrupted,
    141 the reader of the output went away (as in `parity run | head -1`), which says nothing about parity.
    """


@cli.command()
@json_option
@candidate_option
@module_option
@timeout_option
def doctor(as_data: bool, candidate_exes: Sequence[str], candidate_modules: Sequence[str], timeout_sec: float) -> int:
    """Which ports are here, their versions and contract hashes, what is missing and how to get it."""
    from harness.subjects.detector.cli import doctor_rows, doctor_table

    detector_code, detector_rows = doctor_rows(candidate_modules)
    ports = open_ports(candidate_exes=candidate_exes, timeout_sec=timeout_sec)
    try:
        code, rows = examine(ports)
    finally:
        for port in ports:
            port.close()
    # A divergence outweighs what is missing.
    code = 1 if 1 in (code, detector_code) else max(code, detector_code)
    if as_data:
        click.echo(as_json({"exit_code": code, "ports": rows, "detector": detector_rows}))
        return code
    table = Table(title="Ports of the reducer", title_justify="left")
    for name in ("port", "version", "contract hash", "verdict"):
        table.add_column(name)
    for row in rows:
        table.add_row(row["port"], str(row.get("version") or "-"), str(row.get("contract_hash") or "-"), _verdict(row))
    console = console_for(as_data=False)
    console.print(table)
    console.print(doctor_table(detector_rows))
    for row in [*rows, *detector_rows]:
        if not row["available"]:
            console.print(f"{row['word']}: {row['port']}: {row['reason']}; {row['remedy']}", markup=False, soft_wrap=True)
        for divergence in row.get("divergences", []):
            console.print(f"CONTRACT {row['port']} at {divergence['path']}: contract {text_of(divergence['reference'])}, "
                          f"port {text_of(divergence['candidate'])}", markup=False, soft_wrap=True)  # fmt: skip
    return code


def _verdict(row: dict[str, Any]) -> str:
    if not row["available"]:
        return str(row["word"])
    return "OTHER CONTRACT" if row["divergences"] else "ready"


@cli.command()
@click.option("--subject", type=click.Choice(SUBJECTS), default=SUBJECTS[0], show_default=True, help="What to compare.")
@click.option("--sequences", type=click.IntRange(0), default=1000, show_default=True, help="How many generated cases.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the generated cases and of the market's chances.")
@click.option("--events-max", type=click.IntRange(1, 10_000), default=40, show_default=True, help="Of a generated case.")
@click.option("--candles", type=click.Path(path_type=Path), help="A CSV of candles; else a daily series that ships with arch.")
@click.option("--ports", metavar="NAMES", help="Ports to compare, separated by commas; all of them by default.")
@click.option("--market-windows", type=click.IntRange(0), help="At most so many windows of candles (detector); all by default.")
@candidate_option
@module_option
@timeout_option
@click.option(
    "--reports", "reports_dir", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="For repros."
)
@json_option
def run(ports: str | None, as_data: bool, subject: str, **options: Any) -> int:
    """Golden, generated and market-driven cases through every port."""
    refuse_foreign(subject, options)
    names = tuple(name.strip() for name in ports.split(",") if name.strip()) if ports is not None else ()
    if ports is not None and not names:
        raise click.UsageError("--ports: name at least one port")
    if set(names) == {REFERENCE} and not (options["candidate_exes"] or options["candidate_modules"]):
        raise click.UsageError(f"--ports {REFERENCE}: is the reference, and alone leaves nothing to compare; name another one")
    if subject == "detector":
        from harness.subjects.detector.cli import run_cli

        return run_cli(options, names, as_data=as_data)
    del options["candidate_modules"], options["market_windows"]
    if ports is None and options["candidate_exes"]:
        # Someone who names an executable asks about that executable.
        names = ("python",)
    console = console_for(as_data=as_data)
    report = run_parity(RunOptions(ports=names, **options), console=console, quiet=as_data)
    print_report(report, console)
    if as_data:
        click.echo(as_json(to_json(report)))
    return report.exit_code


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@candidate_option
@module_option
@timeout_option
@click.option("--promote", metavar="NAME", help="Make a golden fixture of the case; small letters, digits, underscores.")
@json_option
def replay(
    file: Path,
    candidate_exes: Sequence[str],
    candidate_modules: Sequence[str],
    timeout_sec: float,
    promote: str | None,
    as_data: bool,
) -> int:
    """Run a repro FILE again: 1 while it diverges, 0 once it no longer does."""
    if promote is not None:
        from harness.engine.promote import check_name

        check_name(file, promote)
    if subject_of(file) == "detector":
        from harness.subjects.detector.cli import replay_cli

        code = replay_cli(file, candidate_modules, timeout_sec=timeout_sec, as_data=as_data)
    else:
        code, found = replay_repro(file, candidate_exes=candidate_exes, timeout_sec=timeout_sec)
        tell_replay(file, code, found, as_data=as_data)
    if promote is not None and code != EXIT_MISSING:
        from harness.engine.promote import promote as made_fixture

        for path in made_fixture(file, promote):
            click.echo(f"wrote {path}", err=as_data)
    return code


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake is one sentence and exit code 2."""
    try:
        code = cli.main(args=arguments, prog_name="parity", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("parity: interrupted", err=True)
        code = EXIT_INTERRUPTED
    except OutputError as error:
        drop_output()
        if error.code == EXIT_BAD_USAGE:
            click.echo(f"parity: {error}", err=True)
        code = error.code
    except click.ClickException as error:
        click.echo(f"parity: {error.format_message()}", err=True)
        code = EXIT_BAD_USAGE
    except BAD_INPUT as error:
        click.echo(f"parity: {error}", err=True)
        code = EXIT_BAD_USAGE
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
