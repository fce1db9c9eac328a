"""The ledger in SQLite or PostgreSQL. Each batch is recorded completely or not at all, and only once."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from generators.errors import ParityError
from harness.store import chain
from harness.store.batches import BatchError, check_distinct, check_run, digest_of, digest_of_coverage
from harness.store.database import engine_of, file_of, first_line, in_memory, patiently, shown
from harness.store.migrate import NoTablesError, RevisionError, create_tables
from harness.store.recent import Recent, recent
from harness.store.records import BatchResult, Find, Repro
from harness.store.schema import batches, coverage, finds, metadata, repros, runs

RUNNING, DONE, STOPPED = "running", "done", "stopped"
# The advice where a ledger that is only to be read is not there.
HOW_TO_GET = (
    "name the one you mean with --ledger or PARITY_LEDGER, or make it with a command that leaves evidence, as parity run does"
)


class LedgerError(ParityError):
    """The ledger cannot be opened, or has no such record. The message says which."""


@dataclass(frozen=True)
class Run:
    """A recorded run."""

    id: str
    subject: str
    plan: Mapping[str, Any]
    builds: Mapping[str, Any]
    state: str


@dataclass(frozen=True)
class Total:
    """The sums over all finished batches of a run."""

    batches: int
    cases: int
    steps: int
    divergent: int
    waived: int
    seconds: float


def plain(data: Any) -> Any:
    """Data as a column of JSON gives them back: lists for tuples, text for keys."""
    return json.loads(json.dumps(data))


class Ledger:
    """A ledger at an SQLAlchemy URL, as in `sqlite:///runs.sqlite` or `postgresql+psycopg://user@host/name`.

    Without `make`, a ledger that is not there is refused, and nothing is written in its place.
    """

    def __init__(self, url: str, *, make: bool = True) -> None:
        self._shown, self._file = shown(url), file_of(url)
        self._runs: dict[str, Mapping[str, Any]] = {}
        if in_memory(url):
            raise LedgerError(f"--ledger {self._shown}: keeps nothing; name a file, as in sqlite:///reports/ledger.sqlite")
        if not make and self._file is not None and not self._file.exists():
            raise LedgerError(f"--ledger {self._shown}: there is no ledger at {self._file.absolute()}; {HOW_TO_GET}")
        try:
            self._engine = engine_of(url, make=make)
            create_tables(self._engine, make=make)
            self._check_columns()
        except LedgerError:
            raise
        except NoTablesError as error:
            self.close()
            raise LedgerError(f"--ledger {self._shown}: is a database without a ledger in it; {HOW_TO_GET}") from error
        except RevisionError as error:
            raise LedgerError(f"--ledger {self._shown}: was made by a newer version ({error}); update this one") from error
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
            raise LedgerError(f"--ledger {self._shown}: is not the address of a database ({first_line(error)})") from error
        except SQLAlchemyError as error:
            raise LedgerError(f"--ledger {self._shown}: cannot be opened ({first_line(error)})") from error

    def _check_columns(self) -> None:
        inspector = inspect(self._engine)
        for table in metadata.sorted_tables:
            there = {column["name"] for column in inspector.get_columns(table.name)}
            lacking = [column.name for column in table.columns if column.name not in there]
            if lacking:
                name = f"table {table.name} has no {', '.join(lacking)}"
                raise LedgerError(f"--ledger {self._shown}: was made by another version ({name}); begin another ledger")

    def close(self) -> None:
        """Close all connections to the database."""
        self._engine.dispose()

    def start(self, *, subject: str, plan: Mapping[str, Any], builds: Mapping[str, Any]) -> Run:
        """Record the start of a run; return the run."""
        run = Run(uuid.uuid4().hex[:12], subject, dict(plan), dict(builds), RUNNING)
        row = {"id": run.id, "subject": subject, "plan": run.plan, "builds": run.builds}
        with self._engine.begin() as connection:
            connection.execute(runs.insert().values(**row, state=RUNNING, started_at=time.time()))
        self._runs[run.id] = plain({**row})
        return run

    def find(self, run_id: str) -> Run:
        """Return a run by its id. Raises `LedgerError` naming the latest runs."""
        with self._engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).mappings().first()
            if row is None:
                known = connection.execute(select(runs.c.id).order_by(runs.c.started_at.desc()).limit(5)).scalars().all()
                latest = f"the latest are {', '.join(known)}" if known else "there is none yet"
                raise LedgerError(f"--resume {run_id}: the ledger has no such run; {latest}")
        # What its batches are of, whatever somebody makes of the row meanwhile.
        self._runs[run_id] = {name: row[name] for name in ("id", "subject", "plan", "builds")}
        return Run(row["id"], row["subject"], row["plan"], row["builds"], row["state"])

    def check_run(self, run_id: str, *, resumed: bool = False) -> None:
        """Hold what a run recorded against its digests, and batches to go on with against each other. Raises `LedgerError`."""
        run = self._of_run(run_id)
        try:
            with self._engine.connect() as connection:
                check_run(connection, run)
                if resumed:
                    check_distinct(connection, run_id)
        except BatchError as error:
            raise LedgerError(f"run {run_id}: {error}; start a new run") from error

    def _of_run(self, run_id: str) -> Mapping[str, Any]:
        if run_id not in self._runs:
            self.find(run_id)
        return self._runs[run_id]

    def batch(self, run_id: str, number: int) -> dict[str, Any]:
        """A recorded batch as its row."""
        query = select(batches).where((batches.c.run_id == run_id) & (batches.c.number == number))
        with self._engine.connect() as connection:
            return dict(connection.execute(query).mappings().one())

    def finished(self, run_id: str) -> set[int]:
        """Return the numbers of the recorded batches."""
        with self._engine.connect() as connection:
            return set(connection.execute(select(batches.c.number).where(batches.c.run_id == run_id)).scalars())

    def record(self, run_id: str, result: BatchResult) -> bool:
        """Record a finished batch and its finds in one transaction; return False if it is recorded already.

        Waits for a server that is being restarted, because a long run must not end with it. Raises `LedgerError`.
        """
        return patiently(lambda: self._record(run_id, result))

    def _record(self, run_id: str, result: BatchResult) -> bool:
        names = {field.name for field in fields(BatchResult)}.intersection(batches.c.keys())
        row = {"recorded_at": time.time(), **{name: getattr(result, name) for name in names}}
        found = [{"run_id": run_id, "batch": result.number, **find.to_row()} for find in result.finds]
        row["digest"] = digest_of(self._of_run(run_id), plain(row), plain(found))
        try:
            with self._engine.begin() as connection:
                connection.execute(batches.insert().values(run_id=run_id, **row))
                if found:
                    connection.execute(finds.insert(), found)
        except IntegrityError as error:
            if result.number in self.finished(run_id):
                return False
            raise LedgerError(f"run {run_id}: batch {result.number} does not fit the ledger ({first_line(error)})") from error
        return True

    def end(self, run_id: str, *, state: str) -> None:
        """Record the end of a run: `DONE` or `STOPPED`. Raises `LedgerError` if the ledger's file was deleted."""
        if self._file is not None and not self._file.exists():
            raise LedgerError(f"--ledger {self._shown}: was deleted while the run wrote to it; what it held is lost")
        with self._engine.begin() as connection:
            connection.execute(runs.update().where(runs.c.id == run_id).values(state=state, ended_at=time.time()))

    def total(self, run_id: str) -> Total:
        """Return the sums over the finished batches of a run."""
        columns = [func.coalesce(func.sum(batches.c[name]), 0) for name in ("cases", "steps", "divergent", "waived", "seconds")]
        query = select(func.count(), *columns).where(batches.c.run_id == run_id)
        with self._engine.connect() as connection:
            number, cases, steps, divergent, waived, seconds = connection.execute(query).one()
        return Total(number, int(cases), int(steps), int(divergent), int(waived), float(seconds))

    def counts(self, run_id: str) -> dict[str, Counter[str]]:
        """Return the counts by kind and name over all finished batches of a run."""
        found: dict[str, Counter[str]] = {}
        with self._engine.connect() as connection:
            for counts in connection.execute(select(batches.c.counts).where(batches.c.run_id == run_id)).scalars():
                for kind, numbers in counts.items():
                    found.setdefault(kind, Counter()).update(numbers)
        return found

    def memory(self, run_id: str) -> list[int]:
        """Return the memory of the worker after each finished batch, in bytes, in the order of the batches."""
        query = select(batches.c.rss_bytes).where(batches.c.run_id == run_id).order_by(batches.c.number)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def hashes(self, run_id: str) -> list[tuple[int, str, str]]:
        """Return number, hash of cases and hash of verdicts of every finished batch, in order."""
        query = select(batches.c.number, batches.c.case_hash, batches.c.verdict_hash).where(batches.c.run_id == run_id)
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(batches.c.number))]

    def finds(self, run_id: str) -> list[Find]:
        """Return one find for each port and fingerprint: its first case, and the number of cases."""
        query = select(finds).where(finds.c.run_id == run_id).order_by(finds.c.first_index)
        merged: dict[tuple[str, str], Find] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                find = Find(row["port"], row["fingerprint"], row["count"], row["first_index"], row["divergence"])
                known = merged.get((find.port, find.fingerprint))
                merged[find.port, find.fingerprint] = find if known is None else known.with_more(find.count)
        return list(merged.values())

    def record_repro(self, run_id: str, repro: Repro) -> None:
        """Record the file of a find, in place of an earlier one."""
        key = (repros.c.run_id == run_id) & (repros.c.port == repro.port) & (repros.c.fingerprint == repro.fingerprint)
        with self._engine.begin() as connection:
            connection.execute(repros.delete().where(key))
            connection.execute(repros.insert().values(run_id=run_id, **repro.to_row()))

    def repros(self, run_id: str) -> list[Repro]:
        """Return the repro files of a run's finds."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(repros).where(repros.c.run_id == run_id)).mappings().all()
        return [Repro(**{name: value for name, value in row.items() if name != "run_id"}) for row in rows]

    def coverage(self, run_id: str) -> dict[str, tuple[int, int, list[str]]]:
        """Return covered units, all units and missed places, by port and unit, as in `rust regions`."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(coverage).where(coverage.c.run_id == run_id)).mappings().all()
        return {row["port"]: (row["covered"], row["total"], row["missing"]) for row in rows}

    def record_coverage(self, run_id: str, port: str, *, covered: int, total: int, missing: list[str]) -> None:
        """Record the coverage of a port by a run, in place of an earlier figure."""
        key = (coverage.c.run_id == run_id) & (coverage.c.port == port)
        row = {"run_id": run_id, "port": port, "covered": covered, "total": total, "missing": missing}
        row["digest"] = digest_of_coverage(self._of_run(run_id), plain(row))
        with self._engine.begin() as connection:
            connection.execute(coverage.delete().where(key))
            connection.execute(coverage.insert().values(**row))

    def recent(self, limit: int, *, now: float, window_sec: float) -> list[Recent]:
        """Return the runs that began last, the newest first, with their pace over the last `window_sec` seconds."""
        return recent(self._engine, limit=limit, now=now, window_sec=window_sec)

    def append_evidence(self, ident: str, statement: str, signatures: Sequence[Mapping[str, Any]] = ()) -> bool:
        """Add a record of evidence; return False if it is there already. Raises `LedgerError`."""
        try:
            return chain.append(self._engine, ident, statement, signatures)
        except chain.ChainError as error:
            raise LedgerError(f"--ledger {self._shown}: {error}") from error

    def append_all(self, records: Sequence[chain.Record]) -> int:
        """Add records of evidence, all or none; return how many were not there yet. Raises `LedgerError`."""
        try:
            return chain.append_all(self._engine, records)
        except chain.ChainError as error:
            raise LedgerError(f"--ledger {self._shown}: {error}; nothing was added") from error

    def check_end(self) -> None:
        """Raise `LedgerError` where the end of the evidence was changed, so that nothing may be added."""
        try:
            chain.check_end(self._engine)
        except chain.ChainError as error:
            raise LedgerError(f"--ledger {self._shown}: {error}") from error

    def evidence(self) -> tuple[list[chain.Row], chain.Head]:
        """All records of evidence in their order, and the end of the chain as it was written last. Raises `LedgerError`."""
        try:
            return chain.read(self._engine)
        except ValueError as error:
            raise LedgerError(f"--ledger {self._shown}: its evidence was damaged ({first_line(error)})") from error

    def evidence_head(self) -> chain.Head:
        """The end of that chain alone."""
        return chain.head(self._engine)
