"""`parity doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table

from harness.cli.options import candidate_option, chosen, json_option, module_option, request_of, subject_option, timeout_option
from harness.cli.output import as_json, console_for
from harness.engine.doctor import examine, exit_code_of, row_to_json
from harness.engine.report import print_contract, print_setups
from harness.panel import Examined


@click.command()
@subject_option(of_all=True)
@candidate_option
@module_option
@timeout_option
@json_option
def doctor(subject: str | None, as_data: bool, **options: Any) -> int:
    """Show the ports that are here, their versions and contract hashes, what is missing and how to get it."""
    subjects = chosen(subject, options)
    found = {about.name: examine(about, request_of(about, options)) for about in subjects}
    older = {about.name: about.outdated() or {} for about in subjects}
    code = exit_code_of([row for rows in found.values() for row in rows])
    if as_data:
        data = [{**row_to_json(name, row), "older": older[name].get(row.name)} for name, rows in found.items() for row in rows]
        click.echo(as_json({"exit_code": code, "ports": data}))
        return code
    console = console_for(as_data=False)
    for name, rows in found.items():
        console.print(_table(name, rows))
        print_setups(rows, console)
        for port, sentence in older[name].items():
            console.print(f"OLDER: {port}: {sentence}", markup=False, soft_wrap=True)
    for rows in found.values():
        for row in rows:
            if not row.availability.available:
                sentence = f"{row.availability.word}: {row.name}: {row.availability.sentence}"
                console.print(sentence, markup=False, soft_wrap=True)
            print_contract(row.name, row.divergences, console)
    return code


def _table(subject: str, rows: Sequence[Examined]) -> Table:
    told = list(dict.fromkeys(key for row in rows for key in row.described))
    table = Table("port", *(key.replace("_", " ") for key in told), "lacks", "verdict",
                  title=f"Ports of the subject {subject}", title_justify="left")  # fmt: skip
    for row in rows:
        said = [str(row.described.get(key) or "-") for key in told]
        table.add_row(row.name, *said, ", ".join(row.lacks) or "-", row.verdict)
    return table
