"""`parity`: the command line."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from generators.candles import CandleError
from golden.corpus import FIXTURES_DIR, FixtureError
from golden.manifest import ManifestError
from harness.commands import RunOptions, as_json, examine, replay_repro, run_parity
from harness.contract_check import ContractFileError, load_contract, probe
from harness.golden_check import check_all, record_all
from harness.output import EXIT_BAD_USAGE, EXIT_INTERRUPTED, OutputError, console_for, drop_output, guarded
from harness.ports.base import Availability, Port
from harness.ports.process import TIMEOUT_SEC
from harness.ports.registry import UnknownPortError, open_ports
from harness.report import print_report, text_of, to_json
from harness.repro import ReportsError, ReproError
from reducer.contract import contract as reference_contract

BAD_INPUT = (CandleError, ContractFileError, FixtureError, ManifestError, ReportsError, ReproError, UnknownPortError)
SUBJECTS = ("reducer",)

candidate_option = click.option(
    "--candidate-exe",
    "candidate_exes",
    multiple=True,
    metavar="PATH",
    help="An executable (with arguments, quoted as for a shell) to hold against the reference; started with --server.",
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
    "--timeout-sec", type=Seconds(0.01, 86_400.0), default=TIMEOUT_SEC, show_default=True, help="For one answer."
)
json_option = click.option("--json", "as_data", is_flag=True, help="Plain data for a machine to read.")


class LazyGroup(click.Group):
    """A group whose heavier sub-commands are imported when they are called."""

    lazy = {"bench": "harness.bench.cli:bench"}  # noqa: RUF012  # click.Group has no place for class annotations

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
@timeout_option
def doctor(as_data: bool, candidate_exes: Sequence[str], timeout_sec: float) -> int:
    """Which ports are here, their versions and contract hashes, what is missing and how to get it."""
    ports = open_ports(candidate_exes=candidate_exes, timeout_sec=timeout_sec)
    try:
        code, rows = examine(ports)
    finally:
        for port in ports:
            port.close()
    if as_data:
        click.echo(as_json({"exit_code": code, "ports": rows}))
        return code
    table = Table(title="Ports of the reducer", title_justify="left")
    for name in ("port", "version", "contract hash", "verdict"):
        table.add_column(name)
    for row in rows:
        table.add_row(row["port"], str(row.get("version") or "-"), str(row.get("contract_hash") or "-"), _verdict(row))
    console = console_for(as_data=False)
    console.print(table)
    for row in rows:
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
@candidate_option
@timeout_option
@click.option(
    "--reports", "reports_dir", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="For repros."
)
@json_option
def run(ports: str | None, as_data: bool, subject: str, **options: Any) -> int:
    """Golden, generated and market-driven cases through every port."""
    del subject  # click has made sure that it is the only one there is
    names = tuple(name.strip() for name in ports.split(",") if name.strip()) if ports is not None else ()
    if ports is not None and not names:
        raise click.UsageError("--ports: name at least one port")
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
@timeout_option
@json_option
def replay(file: Path, candidate_exes: Sequence[str], timeout_sec: float, as_data: bool) -> int:
    """Run a repro FILE again: 1 while it diverges, 0 once it no longer does."""
    code, found = replay_repro(file, candidate_exes=candidate_exes, timeout_sec=timeout_sec)
    if as_data:
        click.echo(as_json({"exit_code": code, **found}))
        return code
    for divergence in found.get("divergences", [])[:10]:
        sides = f"reference {text_of(divergence['reference'])}, candidate {text_of(divergence['candidate'])}"
        click.echo(f"{divergence['path']}: {sides}")
    words = {0: "no longer diverges", 1: "still diverges", 3: f"cannot be replayed: {found.get('missing')}"}
    click.echo(f"{file} {words[code]} (port {found['port']})")
    return code


@cli.group()
def golden() -> None:
    """Fixtures: cases with their recorded outcomes."""


@golden.command(name="record")
def golden_record() -> int:
    """Write every fixture and the manifest anew, from the definitions and the reference."""
    click.echo(f"recorded {record_all()} fixtures in {FIXTURES_DIR.parent.name}/{FIXTURES_DIR.name}")
    return 0


@golden.command(name="verify")
@candidate_option
@timeout_option
@json_option
def golden_verify(candidate_exes: Sequence[str], timeout_sec: float, as_data: bool) -> int:
    """Check files, hashes, definitions and every port against the recorded outcomes."""
    ports = open_ports(candidate_exes=candidate_exes, timeout_sec=timeout_sec)
    try:
        missing = _unusable(ports)
        problems = check_all([port for port in ports if port.name not in missing])
    finally:
        for port in ports:
            port.close()
    code = 1 if problems else 3 if missing else 0
    if as_data:
        rows = [problem.to_json() for problem in problems]
        click.echo(as_json({"exit_code": code, "problems": rows, "missing": list(missing)}))
        return code
    for problem in problems:
        click.echo(f"{problem.fixture}: {problem.where}: {problem.sentence}")
        if problem.divergence is not None:
            click.echo(f"  recorded {text_of(problem.divergence.reference)}")
            click.echo(f"  now      {text_of(problem.divergence.candidate)}")
    for name, available in missing.items():
        click.echo(f"{available.word}: {name}: {available.reason}; {available.remedy}")
    fixtures = len(list(FIXTURES_DIR.glob("*.json")))
    click.echo(f"{len(problems)} problem(s) in {fixtures} fixtures and {len(ports) - len(missing)} port(s)")
    return code


def _unusable(ports: Sequence[Port]) -> dict[str, Availability]:
    """The ports that are missing or broken, by name, with why."""
    try:
        contract = load_contract()
    except ContractFileError:
        # A problem of its own, which the check of the files names.
        contract = reference_contract()
    found = {port.name: probe(port, contract)[0] for port in ports}
    return {name: available for name, available in found.items() if not available.available}


@golden.command(name="coverage")
@click.option("--sequences", type=click.IntRange(0), default=0, show_default=True, help="Generated cases, not the fixtures.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the generated cases.")
@json_option
def golden_coverage(sequences: int, seed: int, as_data: bool) -> int:
    """Which branches of the reference the fixtures reach (1 if one of them is not)."""
    from harness.branches import measure

    report = measure(sequences=sequences, seed=seed)
    click.echo(as_json(report.to_json()) if as_data else report.text())
    return 0 if sequences or not any(report.missing.values()) else 1


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
