"""`parity gate`: may we cut over? A policy, applied to the evidence of the ledger."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table

from harness.cli.asked import asked_for, at_option, not_begun, policy_from, policy_option, signed_by_option
from harness.cli.options import NamedPath, given, json_option, ledger_option, subject_option
from harness.cli.output import as_json, console_for, printable
from harness.cli.recorded import draft_of, inputs_of, recorded, tell
from harness.evidence.digests import built_in
from harness.evidence.statement import SINCE_1970, Figure
from harness.gate.certificate import (
    Certificate,
    CertificateError,
    as_it_was,
    certify,
    check_page,
    check_signature,
    check_time,
    envelope_of,
    first_difference,
    read_certificate,
)
from harness.gate.freeze import frozen_since
from harness.gate.judge import Finding, Status, needed_by
from harness.gate.policy import DEFAULT_FILE, PHASES, SIGN_OFF, Criterion, Policy, PolicyError, number_text
from harness.gate.signing_off import SignOffError, check_words
from harness.store.database import shown
from harness.store.outputs import refuse_inputs, write_output
from harness.subjects.registry import names, subject_called

NO_COMMAND = "no command makes this evidence yet"
NO_VALUE = "no value"

phase_option = click.option("--phase", type=click.IntRange(PHASES.start, PHASES.stop - 1), help="Criteria up to this phase.")


@click.group(invoke_without_command=True)
@phase_option
@policy_option
@at_option
@signed_by_option
@ledger_option
@json_option
@click.pass_context
def gate(
    ctx: click.Context,
    phase: int | None,
    policy_file: Path | None,
    at: str | None,
    signed_by: Path | None,
    url: str,
    as_data: bool,
) -> int | None:
    """May we cut over? Go or no-go for each criterion (exit code 1 unless all is go)."""
    if ctx.invoked_subcommand is not None:
        if any(given(name) for name in ("phase", "policy_file", "at", "signed_by", "url", "as_data")):
            raise click.UsageError(f"gate {ctx.invoked_subcommand}: options belong behind {ctx.invoked_subcommand}")
        return None
    asked = asked_for(url, policy_file, at, signed_by, begun=False)
    certificate = certify(asked.policy, asked.rows, asked.head, asked.present, phase)
    code = int(certificate.verdict != Status.GO.value)
    if as_data:
        click.echo(as_json({"exit_code": code, **json.loads(certificate.text())}))
        return code
    _tell(certificate, url)
    return code


def _tell(certificate: Certificate, url: str) -> None:
    console = console_for(as_data=False)
    table = Table("phase", "criterion", "status", "why", "record")
    for each in certificate.findings:
        table.add_row(str(each.phase), each.name, each.status.value, _in_one_line(each.reason), each.record or "-")
    console.print(table)
    left = [each for each in certificate.findings if each.status is not Status.GO]
    for each in left:
        told = f"{each.status.value} {each.name}: {_in_one_line(each.command) or NO_COMMAND}"
        console.print(told, markup=False, soft_wrap=True)
    if not_begun(url):
        console.print("There is no ledger here yet: the first of these commands makes it.", markup=False)
    if left and given("url"):
        console.print(f"Give these commands --ledger {shown(url)}, or set PARITY_LEDGER.", markup=False, soft_wrap=True)
    if left and shutil.which("parity") is None:
        console.print("Here parity is .venv/bin/parity: . .venv/bin/activate puts it on the PATH.", markup=False)
    found = [each.status for each in certificate.findings]
    counted = ", ".join(f"{found.count(status)} {status.value}" for status in Status)
    console.print(f"{certificate.verdict.upper()}: {counted}", markup=False)


@gate.command(name="explain")
@click.argument("ident", metavar="ID")
@policy_option
@at_option
@signed_by_option
@ledger_option
def gate_explain(ident: str, policy_file: Path | None, at: str | None, signed_by: Path | None, url: str) -> int:
    """Show value, limit, sample and record behind a criterion, and the command that makes its evidence."""
    asked = asked_for(url, policy_file, at, signed_by, begun=False)
    findings = certify(asked.policy, asked.rows, asked.head, asked.present, None).findings
    wanted = [each for each in findings if ident in (each.id, each.name)]
    if not wanted:
        raise PolicyError(
            f"gate explain {ident}: the policy has no such criterion; it has {', '.join(each.name for each in findings)}"
        )
    for each in wanted:
        click.echo(printable(_explained(asked.policy, each, asked.present.now)))
    return int(any(each.status is not Status.GO for each in wanted))


def _explained(policy: Policy, finding: Finding, now: float) -> str:
    criterion = next((each for each in policy.criteria if each.id == finding.id), None)
    lines = [f"{finding.name}: {finding.status.value}", f"  criterion  {finding.text}"]
    if criterion is not None:
        lines += [
            f"  from       {criterion.source}",
            f"  evidence   {criterion.kind}, {criterion.age_text}",
        ]
        for rule in criterion.rules:
            value = finding.values.get(rule.figure)
            lines += [f"  rule       {rule.text}: {NO_VALUE if value is None else rule.value_text(value, now)}"]
        for each in criterion.sample:
            value = finding.sample.get(each.figure)
            least = f"{each.figure} at least {number_text(each.least(finding.subject))}"
            lines += [f"  sample     {least}: {NO_VALUE if value is None else number_text(value)}"]
        lines += [f"  needs      {', '.join(criterion.needs)}"] if criterion.needs else []
        lines += [f"  unchanged  {', '.join(criterion.match)}"] if criterion.match else []
        lines += ["" if criterion.critical else "  not critical: it holds nothing up alone"]
    lines += [f"  why        {finding.reason}"]
    lines += [f"  record     parity evidence show {finding.record}"] if finding.record else []
    lines += [f"  command    {finding.command or NO_COMMAND}"]
    return "\n".join(_in_one_line(line) for line in lines if line)


def _in_one_line(text: str) -> str:
    """A text without ends of lines: what a record or a policy holds must not look like a line of the gate's own."""
    return " ".join(text.splitlines())


@gate.command(name="freeze")
@subject_option(of_all=True)
@ledger_option
def gate_freeze(subject: str | None, url: str) -> int:
    """Record since when the meaning of each reference has not changed, from the history of this checkout."""
    for name in [subject] if subject else names():
        about = subject_called(name)
        with recorded(url, draft_of("freeze", about)) as draft:
            since, commit = frozen_since(about.sources()["reference"])
            draft.figures = {"frozen_since": Figure(since, SINCE_1970)}
            draft.details["commit"] = commit
            draft.conclude("FROZEN", 0)
            days = (time.time() - since) / 86_400.0
            tell(draft)
            click.echo(f"{name}: means the same since commit {commit[:12]}, {days:.1f} days ago")
    return 0


@gate.command(name="sign-off")
@click.argument("ident", metavar="ID")
@click.option("--name", required=True, help="Who answers for it.")
@click.option("--reason", required=True, help="What was looked at, and what it showed.")
@policy_option
@ledger_option
def gate_sign_off(ident: str, name: str, reason: str, policy_file: Path | None, url: str) -> int:
    """Record that a person answers for a criterion, for each subject or, as in 0.agreed/SUBJECT, for one.

    It lapses when what it covers changes.
    """
    name, reason = check_words("--name", name), check_words("--reason", reason)
    policy = policy_from(policy_file)
    signed = [
        (criterion, subject)
        for criterion, subject in policy.entries(names(), None)
        if criterion.kind == SIGN_OFF and ident in (criterion.id, criterion.name_for(subject))
    ]
    people = [each.id for each in policy.criteria if each.kind == SIGN_OFF]
    if not signed:
        raise PolicyError(f"gate sign-off {ident}: is none of the criteria that people answer for: {', '.join(people)}")
    if any(criterion.needs for criterion, _ in signed):
        _refuse_unfounded(signed, url, policy_file)
    # All of them first: a sign-off is of every subject that it names, or of none.
    abouts = [subject_called(subject) if subject else None for _, subject in signed]
    for (found, subject), about in zip(signed, abouts, strict=True):
        with recorded(url, draft_of(SIGN_OFF, about)) as draft:
            draft.ports = {} if about is None else built_in(about)
            draft.details |= {"criterion": found.id, "text": found.text, "signed": found.signed}
            draft.details |= {"name": name, "reason": reason, "covers": list(found.match)}
            draft.conclude("SIGNED OFF", 0)
            tell(draft)
            click.echo(printable(f"{found.name_for(subject)}: signed off by {name}"))
    return 0


def _refuse_unfounded(signed: Sequence[tuple[Criterion, str]], url: str, policy_file: Path | None) -> None:
    """Refuse a sign-off of what is not there: what its criterion needs has to be a go. Raises `SignOffError`."""
    asked = asked_for(url, policy_file, None, begun=False)
    book, _ = as_it_was(asked.rows, asked.head, asked.present)
    for criterion, subject in signed:
        for needed, _ended_at in needed_by(asked.policy, criterion, subject, book, asked.present):
            if needed.status is not Status.GO:
                why = f"{needed.name} is {needed.status.value} ({needed.reason}), so there is nothing to sign yet"
                command = needed.command or NO_COMMAND
                raise SignOffError(f"gate sign-off {criterion.name_for(subject)}: {why}; {command}")


@gate.command(name="certify")
@phase_option
@policy_option
@at_option
@signed_by_option
@click.option("--key", type=NamedPath(), help="A private key (PEM) to sign the certificate with.")
@click.option("--out", type=NamedPath(), required=True, help="The file; a page for readers is put beside it.")
@ledger_option
def gate_certify(
    phase: int | None,
    policy_file: Path | None,
    at: str | None,
    signed_by: Path | None,
    key: Path | None,
    out: Path,
    url: str,
) -> int:
    """Write the verdict with all that it rests on, as JSON and Markdown; exit code 1 unless all is go."""
    if out.suffix == ".md" or out.name in ("", ".", ".."):
        raise click.UsageError(f"--out {out}: the page for readers is called so; name a file for the certificate, as in c.json")
    page = out.with_suffix(".md")
    inputs = inputs_of(url, key, signed_by, policy_file or DEFAULT_FILE)
    for each in (out, page):
        # Both before either is written: half of a certificate would be left.
        refuse_inputs(each, inputs)
    asked = asked_for(url, policy_file, at, signed_by)
    certificate = certify(asked.policy, asked.rows, asked.head, asked.present, phase)
    write_output(out, envelope_of(certificate.text(), key), inputs=inputs)
    write_output(page, certificate.markdown(), inputs=inputs)
    click.echo(f"{certificate.verdict.upper()}: wrote {out} and {page}")
    return int(certificate.verdict != Status.GO.value)


@gate.command(name="verify")
@click.argument("file", type=NamedPath())
@click.option("--key", type=NamedPath(), help="The public key (PEM) that it must be signed by.")
@click.option("--offline", is_flag=True, help="The signature alone, without ledger and checkout.")
@policy_option
@signed_by_option
@ledger_option
def gate_verify(file: Path, key: Path | None, offline: bool, policy_file: Path | None, signed_by: Path | None, url: str) -> int:
    """Hold a certificate against its signature, the page beside it, and against ledger, policy and checkout."""
    text, _ = read_certificate(file)
    if key is not None:
        check_signature(file, key)
    elif offline:
        raise click.UsageError("--offline: needs the --key that the certificate must be signed by")
    check_time(file, text, time.time())
    kept = json.loads(text)
    if not offline:
        asked = asked_for(url, policy_file, kept["at"], signed_by)
        again = certify(asked.policy, asked.rows, asked.head, asked.present, kept["phase"])
        if difference := first_difference(kept, json.loads(again.text())):
            raise CertificateError(f"{file}: does not hold against the ledger {shown(url)}: {difference}")
    unsigned = None if key else "whose signature it has was not checked, as no --key was given"
    notes = "".join(f"; {note}" for note in (unsigned, check_page(file, text)) if note)
    click.echo(printable(f"{file} holds: {kept['verdict']}, at {kept['at']}{notes}"))
    return 0
