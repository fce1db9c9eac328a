"""`parity golden`: fixtures recorded, verified, and the branches that they reach."""

from __future__ import annotations

from collections.abc import Sequence

import click

from golden.reducer.corpus import FIXTURES_DIR
from harness.cli.options import SUBJECTS, candidate_option, json_option, module_option, timeout_option
from harness.engine.golden import Problem, check_all, record_all
from harness.engine.replay import as_json
from harness.engine.report import text_of
from harness.subjects.reducer.contract import ContractFileError, load_contract, probe
from harness.subjects.reducer.ports.base import Availability, Port
from harness.subjects.reducer.ports.registry import open_ports
from reducer.contract import contract as reference_contract


@click.group()
def golden() -> None:
    """Fixtures: cases with their recorded outcomes."""


subject_option = click.option("--subject", type=click.Choice(SUBJECTS), help="Of one subject alone; of both by default.")


@golden.command(name="record")
@subject_option
def golden_record(subject: str | None) -> int:
    """Write every fixture and the manifest anew, from the definitions and the reference."""
    if subject != "detector":
        click.echo(f"recorded {record_all()} fixtures in {FIXTURES_DIR.parent.name}/{FIXTURES_DIR.name}")
    if subject != "reducer":
        from harness.subjects.detector.golden import record_detector

        click.echo(f"recorded {record_detector()} fixtures in golden/detector/fixtures")
    return 0


@golden.command(name="verify")
@subject_option
@candidate_option
@module_option
@timeout_option
@json_option
def golden_verify(
    subject: str | None,
    candidate_exes: Sequence[str],
    candidate_modules: Sequence[str],
    timeout_sec: float,
    as_data: bool,
) -> int:
    """Check files, hashes, definitions and every port against the recorded outcomes."""
    problems: list[Problem] = []
    missing: dict[str, str] = {}
    counted: list[str] = []
    if subject != "detector":
        _verify_reducer(problems, missing, counted, candidate_exes, timeout_sec)
    if subject != "reducer":
        from harness.subjects.detector.cli import verify_detector

        verify_detector(problems, missing, counted, candidate_modules)
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
    for sentence in missing.values():
        click.echo(sentence)
    click.echo(f"{len(problems)} problem(s) in {'; '.join(counted)}")
    return code


def _verify_reducer(
    problems: list[Problem], missing: dict[str, str], counted: list[str], candidate_exes: Sequence[str], timeout_sec: float
) -> None:
    ports = open_ports(candidate_exes=candidate_exes, timeout_sec=timeout_sec)
    try:
        unusable = _unusable(ports)
        problems += check_all([port for port in ports if port.name not in unusable])
    finally:
        for port in ports:
            port.close()
    missing |= {name: f"{found.word}: {name}: {found.reason}; {found.remedy}" for name, found in unusable.items()}
    fixtures = len(list(FIXTURES_DIR.glob("*.json")))
    counted.append(f"{fixtures} fixtures and {len(ports) - len(unusable)} port(s)")


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
    from harness.coverage.branches import measure

    report = measure(sequences=sequences, seed=seed)
    click.echo(as_json(report.to_json()) if as_data else report.text())
    return 0 if sequences or not any(report.missing.values()) else 1
