"""The page *now*: the gate per phase, the last night, the last run, and a matrix of ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.dashboard.view import View, plain_list, plain_mapping, ports_in
from harness.dashboard.words import BAD, GOOD, UNSURE, command_for, number, percent, tone_of, tone_of_status
from harness.evidence.statement import Evidence
from harness.gate.judge import Status, verdict_of
from harness.gate.policy import LEDGER, SIGN_OFF

# Every subject has these columns; others are there where records fill them.
COLUMNS = ("run", "fuzz")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What the newest record of a kind says of a port."""

    text: str
    tone: str
    record: str
    ended_at: float


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A subject's ports against kinds of evidence, and levels of comparison beside the kind that counts them."""

    subject: str
    columns: Sequence[str]
    rows: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """True if no record says anything of any port."""
        return not any(self.rows.values())


def context(view: View) -> dict[str, Any]:
    """What the template shows."""
    ledger = next(each for each in view.findings if each.id == LEDGER)
    return {
        "phases": _phases(view),
        "verdict": verdict_of(view.findings).value,
        "verdict_tone": tone_of_status(verdict_of(view.findings).value),
        "ledger": ledger,
        "ledger_sound": ledger.status is Status.GO,
        "nights": [_latest(view, "fuzz", subject) for subject in view.subjects],
        "runs": [_latest(view, "run", subject) for subject in view.subjects],
        "matrices": [matrix_of(view, subject) for subject in view.subjects],
    }


def _phases(view: View) -> list[dict[str, Any]]:
    """Each phase with its own verdict, the verdict up to it, and how many criteria are how."""
    rows = []
    for phase in sorted({each.phase for each in view.findings}):
        own = [each for each in view.findings if each.phase == phase]
        upto = [each for each in view.findings if each.phase <= phase]
        counts = Counter(each.status.value for each in own)
        verdicts = {"own": verdict_of(own).value, "upto": verdict_of(upto).value}
        tones = {name: tone_of_status(word) for name, word in verdicts.items()}
        rows.append({"phase": phase, **verdicts, "tones": tones, "counts": [counts[each.value] for each in Status]})
    return rows


def _latest(view: View, kind: str, subject: str) -> dict[str, Any]:
    """The newest record of a kind with its main figures, or the command that leaves one."""
    found = view.newest(kind, subject)
    row: dict[str, Any] = {"subject": subject, "record": found, "command": command_for(kind, subject)}
    if found is not None:
        row |= {
            "tone": tone_of(found),
            "cases": number(found.figure("cases")),
            "divergent": number(found.figure("divergent")),
            "bound": percent(found.figure("bound")),
            "excused": percent(found.figure("excused_share")),
            "rate": number(found.figure("rate")),
        }
    return row


def matrix_of(view: View, subject: str) -> Matrix:
    """The newest that each kind of evidence says of each port of a subject."""
    rows: dict[str, dict[str, Cell]] = {port: {} for port in view.built_in_ports(subject)}
    kinds, levels = set(COLUMNS), dict[str, list[str]]()
    for kind in set(view.by_kind).difference({SIGN_OFF}):
        for evidence in view.of(kind, subject):
            for port, compared in ports_in(evidence).items():
                kinds.add(kind)
                row = rows.setdefault(port, {})
                # A later record takes the place of all cells that an earlier one of its kind filled.
                for name in [each for each in row if each == kind or each.startswith(f"{kind}: ")]:
                    del row[name]
                row[kind] = _cell(evidence, port, compared=compared)
                for level, cell in _levels(evidence, port).items():
                    row[f"{kind}: {level}"] = cell
    for row in rows.values():
        for name in row:
            levels.setdefault(name.partition(": ")[0], []).append(name)
    ordered = [*COLUMNS, *sorted(kinds.difference(COLUMNS))]
    columns = [name for kind in ordered for name in [kind, *sorted({each for each in levels.get(kind, ()) if each != kind})]]
    return Matrix(subject=subject, columns=columns, rows=dict(sorted(rows.items())))


def _cell(evidence: Evidence, port: str, *, compared: bool) -> Cell:
    """The verdict of a record on one port: what it found there, or its own word."""
    finds = [each for each in map(plain_mapping, plain_list(evidence.details.get("finds"))) if each.get("port") == port]
    if not compared:
        text, tone = "missing", UNSURE
    elif finds:
        text, tone = f"{len(finds)} find{'' if len(finds) == 1 else 's'}", BAD
    elif evidence.exit_code == 1 and plain_list(evidence.details.get("finds")):
        text, tone = "no find", GOOD
    else:
        text, tone = evidence.verdict.lower(), tone_of(evidence)
    return Cell(text=text, tone=tone, record=evidence.id, ended_at=evidence.ended_at)


def _levels(evidence: Evidence, port: str) -> dict[str, Cell]:
    cells = {}
    for level, each in plain_mapping(plain_mapping(evidence.details.get("levels")).get(port)).items():
        compared, divergent = plain_mapping(each).get("compared"), plain_mapping(each).get("divergent")
        if isinstance(compared, int) and isinstance(divergent, int):
            text = f"{divergent:,} of {compared:,} diverge" if divergent else f"{compared:,} alike"
            cells[level] = Cell(text=text, tone=BAD if divergent else GOOD, record=evidence.id, ended_at=evidence.ended_at)
    return cells
