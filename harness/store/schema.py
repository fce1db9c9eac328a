"""Tables of the ledger. They hold results of finished batches only, so a run killed at any moment leaves correct data."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKeyConstraint, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()
# SQLite has one width of integers, of 64 bits.
_LONG = BigInteger().with_variant(Integer, "sqlite")

runs = Table(
    "runs",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("subject", String(32), nullable=False),
    Column("plan", JSON, nullable=False, comment="seed, sequences, batch size: all that decides about the cases"),
    Column("builds", JSON, nullable=False, comment="hashes of reference, ports, contract and generators"),
    Column("state", String(16), nullable=False, comment="running, done or stopped"),
    Column("started_at", Float, nullable=False, comment="seconds since 1970"),
    Column("ended_at", Float, comment="seconds since 1970"),
)

batches = Table(
    "batches",
    metadata,
    Column("run_id", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("cases", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("divergent", Integer, nullable=False, comment="cases that diverge"),
    Column("waived", Integer, nullable=False, comment="divergent cases that a waiver covers"),
    Column("counts", JSON, nullable=False, comment="how often each phase, event, action and branch was met"),
    Column("case_hash", String(64), nullable=False, comment="of all cases, in order"),
    Column("verdict_hash", String(64), nullable=False, comment="of all verdicts, in order"),
    Column("seconds", Float, nullable=False),
    Column("rss_bytes", _LONG, nullable=False, comment="of the worker, afterwards"),
    Column("recorded_at", Float, comment="seconds since 1970; none for batches from before revision 0003"),
    Column("digest", String(64), comment="SHA-256 over run, batch and finds; none for batches from before revision 0005"),
    ForeignKeyConstraint(["run_id"], ["runs.id"]),
)

finds = Table(
    "finds",
    metadata,
    Column("run_id", String(16), primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("port", String(64), primary_key=True),
    Column("fingerprint", String(16), primary_key=True),
    Column("count", Integer, nullable=False, comment="divergent cases of the batch"),
    Column("first_index", Integer, nullable=False, comment="the first of those cases"),
    Column("divergence", JSON, nullable=False, comment="of that case"),
    ForeignKeyConstraint(["run_id", "batch"], ["batches.run_id", "batches.number"]),
    Index("finds_by_fingerprint", "fingerprint"),
)

repros = Table(
    "repros",
    metadata,
    Column("run_id", String(16), primary_key=True),
    Column("port", String(64), primary_key=True),
    Column("fingerprint", String(16), primary_key=True),
    Column("path", String(1024), nullable=False),
    Column("size_before", Integer, nullable=False, comment="events or rows of the case that was found"),
    Column("size_after", Integer, nullable=False, comment="of the case that is left"),
    Column("seconds", Float, nullable=False),
    ForeignKeyConstraint(["run_id"], ["runs.id"]),
)

coverage = Table(
    "coverage",
    metadata,
    Column("run_id", String(16), primary_key=True),
    Column("port", String(64), primary_key=True),
    Column("covered", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("missing", JSON, nullable=False),
    Column("digest", String(64), comment="SHA-256 over run and figure; none for figures from before revision 0005"),
    ForeignKeyConstraint(["run_id"], ["runs.id"]),
)

# What was looked at by a command and with what result. Rows are never changed: `chain` holds each to all before it.
evidence = Table(
    "evidence",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, comment="place in the chain of this ledger, from 1"),
    Column("id", String(32), nullable=False, unique=True),
    Column("recorded_at", Float, nullable=False, comment="seconds since 1970, when the row was added to this ledger"),
    Column("statement", Text, nullable=False, comment="an in-toto statement, as canonical JSON"),
    Column("signatures", JSON, nullable=False, comment="of the statement, as in a DSSE envelope"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the statement"),
    Column("chain", String(64), nullable=False, comment="SHA-256 over the chain so far and this row"),
)

# One row: the end of the chain, with a digest that no row has, so that rows removed from its end are noticed too.
evidence_head = Table(
    "evidence_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
    Column("digest", String(64), comment="SHA-256 over both; none where an older ledger's end was not that of its last row"),
)
