"""Sites for tests: made of records that are made up, and read back as files, text and figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.dashboard.site import site_of
from harness.dashboard.view import View, view_of
from harness.evidence.statement import Evidence, Figure, digest_of
from harness.gate.policy import read_policy
from harness.store import chain
from harness.store.ledger import Ledger
from harness.store.schema import evidence, evidence_head
from tests.gate.ledgers import DAY, NOW, present, record

PAGES = ("index.html", "nights.html", "worlds.html", "power.html", "benchmarks.html", "evidence.html", "gate.html")


def put(ledger: Ledger, records: Sequence[Evidence]) -> None:
    """Add records at once, each a second after it ended: a large ledger is made in seconds."""
    rows, before = [], chain.START
    for number, each in enumerate(sorted(records, key=lambda each: (each.ended_at, each.id)), start=1):
        text = each.text()
        row = chain.Row(
            number=number,
            id=each.id,
            recorded_at=each.ended_at + 1.0,
            statement=text,
            signatures=[],
            digest=digest_of(text),
            chain="",
        )
        before = row.link(before)
        rows.append({**vars(row), "chain": before})
    with ledger._engine.begin() as connection:
        connection.execute(evidence.insert(), rows)
        connection.execute(evidence_head.insert().values(id=chain.HEAD_ID, **chain.end_row(chain.Head.at(len(rows), before))))


def ledger_with(url: str, records: Sequence[Evidence]) -> str:
    """A new ledger with records; its address."""
    ledger = Ledger(url)
    if records:
        put(ledger, records)
    ledger.close()
    return url


def view_at(url: str, now: float = NOW) -> View:
    """The view of a ledger at a moment."""
    ledger = Ledger(url)
    try:
        rows, head = ledger.evidence()
    finally:
        ledger.close()
    return view_of(rows, head, policy=read_policy(), present=present(now))


def files_of(url: str, now: float = NOW) -> dict[str, bytes]:
    """The files of the site of a ledger."""
    return dict(site_of(view_at(url, now)))


def site_with(folder: Path, records: Sequence[Evidence], now: float = NOW) -> dict[str, str]:
    """The pages and data of a site of records, as text."""
    url = ledger_with(f"sqlite:///{folder / 'made.sqlite'}", records)
    return {name: content.decode() for name, content in files_of(url, now).items() if name != "plotly.min.js"}


def figures_in(page: str) -> Iterator[dict[str, Any]]:
    """The figures of a page."""
    for text in re.findall(r'<script type="application/json" id="[^"]*">(.*?)</script>', page, re.S):
        yield json.loads(text)


def data_in(script: str) -> Any:
    """The data of a data file."""
    return json.loads(script.partition(" = ")[2].rstrip().rstrip(";"))


def night(ident: str, subject: str, days_ago: float, **changes: Any) -> Evidence:
    """A night at parity, unless it is changed."""
    figures = {"cases": 100000, "divergent": 0, "bound": 3e-5, "excused_share": 0.0, "rate": 250.5}
    whole = {name: Figure(value) for name, value in figures.items()} | changes.pop("figures", {})
    return record("fuzz", subject, ident=ident, ended_at=NOW - days_ago * DAY, figures=whole, **changes)


def find(port: str, fingerprint: str = "fa11fa11fa11", **changes: Any) -> dict[str, Any]:
    """A find, as a night records it."""
    divergence = {"path": "$.steps[3].actions[0].price", "kind": "value", "severity": "critical", "reference": "1.5 (0x3ff8)"}
    return {
        "port": port,
        "fingerprint": fingerprint,
        "count": 3,
        "divergence": {**divergence, "candidate": 2, **changes},
        "repro": "reports/repro-1.json",
    }


def bench(ident: str, subject: str, days_ago: float, ratio: float, *, machine: str = "", **changes: Any) -> Evidence:
    """A benchmark of one ratio with its band and its target."""
    made = record("bench", subject, ident=ident, ended_at=NOW - days_ago * DAY)
    target = {"figure": "load: session", "name": "session", "ratio": "session", "limit": 4.0, "reason": "why", "floor": False}
    values: dict[str, Any] = {
        "figures": {"load: session": Figure(ratio, "ratio"), "load: session [us]": Figure(3.0 * ratio, "us")},
        "samples": {"load: session": (0.9 * ratio, 1.1 * ratio)},
        "details": {
            "targets": [{**target, "median": ratio, "met": ratio <= 4.0}],
            "machine": {"processor": "Abacus", "cpus": 2},
        },
        "digests": {**made.digests, **({"machine": machine} if machine else {})},
    }
    return record("bench", subject, ident=ident, ended_at=NOW - days_ago * DAY, **{**values, **changes})
