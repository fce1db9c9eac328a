"""Digests of batches: each over its run, what it came to and its finds, so that a row made by hand is no result of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from harness.store.schema import batches, coverage, finds

# The first words of what digests are made of.
BATCH, COVERAGE = "doge-parity batch", "doge-parity coverage"
# Columns that digests are over; the time of recording is none of what came out.
OF_BATCH = ("number", "cases", "steps", "divergent", "waived", "counts", "case_hash", "verdict_hash", "seconds", "rss_bytes")
OF_COVERAGE = ("port", "covered", "total", "missing")
OF_FIND = ("port", "fingerprint", "count", "first_index", "divergence")

# A row by the names of its columns.
Columns = Mapping[str, Any] | RowMapping


class BatchError(Exception):
    """A batch that no run recorded so. The message says which."""


def digest_of(run: Mapping[str, Any], batch: Columns, found: Sequence[Columns]) -> str:
    """SHA-256 over a run (`id`, `subject`, `plan`, `builds`), a batch and its finds, as the ledger has them."""
    listed = sorted(([find[name] for name in OF_FIND] for find in found), key=lambda find: find[:2])
    return _digest(BATCH, run, [[batch[name] for name in OF_BATCH], listed])


def digest_of_coverage(run: Mapping[str, Any], row: Columns) -> str:
    """SHA-256 over a run and a figure of its coverage, as the ledger has them."""
    return _digest(COVERAGE, run, [row[name] for name in OF_COVERAGE])


def _digest(word: str, run: Mapping[str, Any], content: Any) -> str:
    parts = [word, [run[name] for name in ("id", "subject", "plan", "builds")], content]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_run(connection: Connection, run: Mapping[str, Any]) -> None:
    """Hold all that a run has recorded against its digests. Raises `BatchError`."""
    try:
        _check_batches(connection, run)
        for row in connection.execute(select(coverage).where(coverage.c.run_id == run["id"])).mappings():
            if row["digest"] != digest_of_coverage(run, row):
                raise BatchError(f"its coverage of {row['port']!r} is not what was recorded")
    except TypeError as error:
        # A column holds what JSON has no word for.
        raise BatchError(f"it holds what was never recorded ({error})") from error


def _check_batches(connection: Connection, run: Mapping[str, Any]) -> None:
    by_batch: dict[Any, list[RowMapping]] = {}
    for find in connection.execute(select(finds).where(finds.c.run_id == run["id"])).mappings():
        by_batch.setdefault(find["batch"], []).append(find)
    asked = select(batches).where(batches.c.run_id == run["id"]).order_by(batches.c.number)
    for batch in connection.execute(asked).mappings():
        number = batch["number"]
        if batch["digest"] is None:
            raise BatchError(f"batch {number!r} was recorded by an earlier version, without a digest, and stays as history")
        if batch["digest"] != digest_of(run, batch, by_batch.pop(number, [])):
            raise BatchError(f"batch {number!r} or the plan of its run is not what was recorded")
    for number in by_batch:
        raise BatchError(f"batch {number!r} has finds and is not there")


def check_distinct(connection: Connection, run_id: str) -> None:
    """Raise `BatchError` where two batches of a run are of the same cases: no plan has them twice."""
    known: dict[str, int] = {}
    asked = select(batches.c.number, batches.c.case_hash).where(batches.c.run_id == run_id).order_by(batches.c.number)
    for number, case_hash in connection.execute(asked):
        if case_hash in known:
            raise BatchError(f"batches {known[case_hash]} and {number} are of the same cases")
        known[case_hash] = number
