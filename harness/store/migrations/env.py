"""The environment that Alembic runs migrations in: the connection that `harness.store.migrate` opened and locked."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
