"""What alembic runs: the steps on the connection that `cds_service.store.migrate` hands it, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
