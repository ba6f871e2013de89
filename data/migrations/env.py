"""Runs revisions on the connection that ``data.upgrade`` brings: all of them in one transaction, or none."""

from alembic import context

from data import intake_models, risk_models  # noqa: F401  # their tables are part of METADATA
from data.models import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite can undo changes of the schema as long as the driver leaves the transaction to us: see data.upgrade.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
