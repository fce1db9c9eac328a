"""Fuzz runs: batches, finds, repros, coverage. A ledger from before migrations has exactly these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("builds", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
    )
    op.create_table(
        "batches",
        sa.Column("run_id", sa.String(16), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("cases", "steps", "divergent", "waived")),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("case_hash", sa.String(64), nullable=False),
        sa.Column("verdict_hash", sa.String(64), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("rss_bytes", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
    )
    op.create_table(
        "finds",
        sa.Column("run_id", sa.String(16), primary_key=True),
        sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("port", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(16), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_index", sa.Integer, nullable=False),
        sa.Column("divergence", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["run_id", "batch"], ["batches.run_id", "batches.number"]),
    )
    op.create_index("finds_by_fingerprint", "finds", ["fingerprint"])
    op.create_table(
        "repros",
        sa.Column("run_id", sa.String(16), primary_key=True),
        sa.Column("port", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(16), primary_key=True),
        sa.Column("path", sa.String(1024), nullable=False),
        sa.Column("size_before", sa.Integer, nullable=False),
        sa.Column("size_after", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
    )
    op.create_table(
        "coverage",
        sa.Column("run_id", sa.String(16), primary_key=True),
        sa.Column("port", sa.String(64), primary_key=True),
        sa.Column("covered", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
    )
