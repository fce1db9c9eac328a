"""`parity golden`: fixtures recorded, verified, and the branches that they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from generators.errors import ParityError
from harness.cli.options import (
    candidate_option,
    chosen,
    evidence_options,
    json_option,
    module_option,
    request_of,
    subject_option,
    timeout_option,
)
from harness.cli.output import as_json
from harness.cli.recorded import draft_of, foretell, recorded, tell
from harness.comparators.divergence import Divergence
from harness.engine.golden import check_all, check_files, record_all
from harness.engine.report import text_of
from harness.evidence.figures import NAMED_MAX, described, of_branches, of_golden, ports_of
from harness.evidence.recorder import Draft
from harness.panel import ContractFileError, PortRequest
from harness.subject import Golden, Problem, Subject
from harness.words import counted


@click.group()
def golden() -> None:
    """Fixtures: cases with their recorded outcomes."""


def _with_fixtures(subject: str | None, options: dict[str, Any]) -> list[tuple[Subject[Any], Golden[Any]]]:
    found = [(about, about.golden) for about in chosen(subject, options)]
    kept = [(about, fixtures) for about, fixtures in found if fixtures is not None]
    if not kept:
        raise ParityError(f"golden: the subject {subject} has no fixtures")
    return kept


@golden.command(name="record", short_help="Write every fixture and the manifest anew.")
@subject_option(of_all=True)
def golden_record(subject: str | None) -> int:
    """Write every fixture and the manifest anew, from the definitions and the reference."""
    for about, fixtures in _with_fixtures(subject, {}):
        click.echo(f"recorded {counted(record_all(fixtures), 'fixture')} of the subject {about.name}")
    return 0


@golden.command(name="verify", short_help="Hold every port to the recorded outcomes.")
@subject_option(of_all=True)
@candidate_option
@module_option
@timeout_option
@evidence_options
@json_option
def golden_verify(subject: str | None, url: str, unrecorded: bool, as_data: bool, **options: Any) -> int:
    """Check files, hashes, definitions and every port against the recorded outcomes."""
    problems: list[Problem] = []
    missing: dict[str, str] = {}
    checked: list[str] = []
    left: list[str] = []
    for about, fixtures in _with_fixtures(subject, options):
        with recorded(url, draft_of("golden", about), unrecorded=unrecorded, as_data=as_data) as draft:
            lacking: dict[str, str] = {}
            found = _verify(about, fixtures, request_of(about, options), lacking, draft)
            files, ports = counted(draft.details["fixtures"], "fixture"), counted(len(draft.details["usable"]) + 1, "port")
            checked.append(f"{files} of the subject {about.name} and {ports}")
            _conclude(draft, found, lacking)
            left.append(draft.id)
            tell(draft)
        problems += found
        missing |= lacking
    code = 1 if problems else 3 if missing else 0
    if as_data:
        rows = [problem.to_json() for problem in problems]
        click.echo(
            as_json({"exit_code": code, "problems": rows, "missing": list(missing), "evidence": [] if unrecorded else left})
        )
        return code
    for problem in problems:
        click.echo(f"{problem.fixture}: {problem.where}: {problem.sentence}")
        if problem.divergence is not None:
            click.echo(f"  recorded {text_of(problem.divergence.reference)}")
            click.echo(f"  now      {text_of(problem.divergence.candidate)}")
    for sentence in missing.values():
        click.echo(sentence)
    click.echo(f"{counted(len(problems), 'problem')} in {'; '.join(checked)}")
    return code


def _verify(
    about: Subject[Any], fixtures: Golden[Any], request: PortRequest, missing: dict[str, str], draft: Draft
) -> list[Problem]:
    """The problems of a subject's fixtures; adds the ports that cannot be used with why, and what was checked."""
    draft.details["fixtures"] = len(list((fixtures.folder / "fixtures").glob("*.json")))
    draft.details["usable"] = []
    with about.open(request) as panel:
        draft.ports = ports_of(panel)
        try:
            rows = panel.examine()
        except ContractFileError:
            # The check of the files names it.
            return list(check_files(fixtures))
        usable = [row.name for row in rows if row.usable]
        other = [_other_contract(row.name, each) for row in rows for each in row.divergences]
        for row in rows:
            if not row.availability.available:
                sentence = f"{row.availability.word}: {row.name}: {row.availability.sentence}"
                missing[f"{row.name} ({about.name})"] = sentence
            if row.lacks:
                missing[f"{row.name} ({about.name}, names)"] = f"MISSING: {row.name}: it has no {', '.join(row.lacks)}"
        draft.details["usable"] = [name for name in panel.candidates if name in usable]
        draft.details["ports"] = described(rows)
        return [*other, *check_all(fixtures, panel, usable)]


def _conclude(draft: Draft, problems: Sequence[Problem], missing: Mapping[str, str]) -> None:
    """Fill in the evidence of one subject's fixtures."""
    fixtures, usable = draft.details["fixtures"], draft.details.pop("usable")
    if not problems:
        # Nothing passes by a port that could not be asked; a failure is one of every port.
        draft.ports = {name: text for name, text in draft.ports.items() if name in usable}
    draft.figures = of_golden(fixtures=fixtures, ports=len(usable), problems=len(problems), missing=len(missing))
    draft.details |= {"problems": [problem.to_json() for problem in problems[:NAMED_MAX]], "missing": dict(missing)}
    draft.conclude("DIVERGENCE" if problems else "MISSING" if missing else "PARITY", 1 if problems else 3 if missing else 0)


def _other_contract(port: str, divergence: Divergence) -> Problem:
    sentence = f"port {port} holds another contract, so it was asked nothing"
    return Problem(fixture="contract.json", where=divergence.path, sentence=sentence, divergence=divergence)


@golden.command(name="coverage", short_help="Show the branches that the fixtures reach.")
@subject_option(of_all=True)
@click.option("--sequences", type=click.IntRange(0), default=0, show_default=True, help="Generated cases, not the fixtures.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides about every generated case.")
@evidence_options
@json_option
def golden_coverage(subject: str | None, sequences: int, seed: int, url: str, unrecorded: bool, as_data: bool) -> int:
    """Show the branches of the reference that the fixtures reach (exit code 1 if one is not reached)."""
    from harness.coverage import branches

    subjects = [about for about in chosen(subject, {}) if about.coverage is not None and about.coverage.by_fixtures]
    if not subjects:
        raise ParityError(f"golden coverage: the fixtures of the subject {subject} are not measured by branches")
    reports = {}
    for about in subjects:
        draft = draft_of("coverage", about, seed=seed if sequences else None)
        with recorded(url, draft, unrecorded=unrecorded, as_data=as_data):
            foretell(draft)
            report = branches.measure(about.name, sequences=sequences, seed=seed)
            draft.figures = of_branches(report)
            draft.details["missing"] = report.to_json()
            missed = any(report.missing.values())
            draft.conclude("NOT REACHED" if missed else "REACHED", int(missed))
            tell(draft)
        reports[about.name] = report
    if as_data:
        click.echo(as_json({name: report.to_json() for name, report in reports.items()}))
    else:
        click.echo("\n".join(report.text() for report in reports.values()))
    return 0 if sequences or not any(any(report.missing.values()) for report in reports.values()) else 1
