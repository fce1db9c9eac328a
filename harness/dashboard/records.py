"""The page *evidence*: a compact list of all records, and their details in files that are read when one is opened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.dashboard.view import View
from harness.dashboard.words import BAD, GOOD, UNSURE, number, tone_of
from harness.evidence.book import Entry
from harness.evidence.statement import Evidence, stamp

# The records of one file of details.
CHUNK = 100
NOT_SOUND = "NOT SOUND"
# So many samples are written out; a load may have thousands.
SAMPLES_MAX = 20


def ordered(view: View) -> list[Entry]:
    """All records, those that ended last first."""
    return sorted(view.book.entries, key=lambda each: (_ended(each), each.row.number), reverse=True)


def _ended(entry: Entry) -> float:
    return entry.row.recorded_at if entry.evidence is None else entry.evidence.ended_at


def index_of(entries: Sequence[Entry]) -> dict[str, Any]:
    """The list: one short row a record, with words that recur named by their places in tables."""
    tables: dict[str, dict[str, int]] = {name: {} for name in ("kinds", "subjects", "verdicts", "commands")}

    def place(table: str, word: str) -> int:
        return tables[table].setdefault(word, len(tables[table]))

    rows = []
    for entry in entries:
        found = entry.evidence
        words = ("?", "", NOT_SOUND, "") if found is None else _words(entry, found)
        seed = "" if found is None or found.seed is None else str(found.seed)
        places = [place(table, word) for table, word in zip(tables, words, strict=True)]
        rows.append([entry.row.id, stamp(_ended(entry))[:16].replace("T", " "), *places, _tone(entry), seed])
    return {"rows": rows, **{name: list(table) for name, table in tables.items()}, "chunk": CHUNK}


def _words(entry: Entry, found: Evidence) -> tuple[str, str, str, str]:
    return found.kind, found.subject, found.verdict if entry.sound else NOT_SOUND, found.command_line


def _tone(entry: Entry) -> int:
    """The tone as a number: 0 good, 1 bad, 2 unsure."""
    tone = BAD if not entry.sound or entry.evidence is None else tone_of(entry.evidence)
    return (GOOD, BAD, UNSURE).index(tone)


def details_of(entry: Entry) -> dict[str, Any]:
    """All that a record says, as text: a browser's numbers would lose digits."""
    row, found = entry.row, entry.evidence
    plain: dict[str, Any] = {
        "facts": [
            ["record", str(row.number)],
            ["recorded", stamp(row.recorded_at)],
            ["signed by", ", ".join(str(each.get("keyid", "?")) for each in row.signatures) or "nobody"],
            ["digest", row.digest],
            ["chain", row.chain],
        ],
        "faults": list(entry.faults),
    }
    if found is None:
        return {**plain, "text": row.statement}
    facts = [["started", stamp(found.started_at)], ["ended", stamp(found.ended_at)], ["exit code", str(found.exit_code)]]
    return {
        **plain,
        "facts": [*facts, *plain["facts"]],
        "figures": [[name, *each.words] for name, each in sorted(found.figures.items())],
        "samples": [[name, _sample(values)] for name, values in sorted(found.samples.items())],
        "digests": [[name, digest] for name, digest in sorted(found.digests.items())],
        "text": json.dumps(found.details, ensure_ascii=False, indent=1, sort_keys=True),
    }


def _sample(values: Sequence[float]) -> str:
    more = "" if len(values) <= SAMPLES_MAX else f" and {len(values) - SAMPLES_MAX} more"
    return ", ".join(number(each) for each in values[:SAMPLES_MAX]) + more
