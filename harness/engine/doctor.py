"""Examines ports before they are used: nothing is spent on a port that is missing or holds another contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.panel import Examined, PortRequest
from harness.subject import Subject


def examine(subject: Subject[Any], request: PortRequest) -> list[Examined]:
    """Every port of a request, the reference first. Raises `UnknownPortError` and `ContractFileError`."""
    with subject.open(request) as panel:
        return panel.examine()


def exit_code_of(rows: Sequence[Examined]) -> int:
    """0 where all can be used, 1 where one holds another contract, 3 where one is missing, broken or incomplete."""
    if any(row.divergences for row in rows):
        return 1
    return 0 if all(row.availability.available and not row.lacks for row in rows) else 3


def row_to_json(subject: str, row: Examined) -> dict[str, Any]:
    """A port as plain data."""
    available = row.availability
    data: dict[str, Any] = {"subject": subject, "port": row.name, "available": available.available, "verdict": row.verdict}
    if not available.available:
        return {**data, "word": available.word, "reason": available.reason, "remedy": available.remedy}
    return {
        **data,
        **row.described,
        "setup": row.setup,
        "lacks": list(row.lacks),
        "divergences": [each.to_json() for each in row.divergences],
    }
