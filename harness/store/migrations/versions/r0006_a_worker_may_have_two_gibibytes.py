"""The memory of a worker may be more than 32 bits of bytes. SQLite's integers have 64 anyway."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the column where the database has a width for it."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("batches", "rss_bytes", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)
