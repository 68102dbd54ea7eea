"""Our migration is the schema of the procrastinate that is installed, word for word."""

from __future__ import annotations

from procrastinate.schema import SchemaManager

from horde_server.database.migrations import read_migrations


def test_our_migration_is_the_schema_of_the_installed_version() -> None:
    ours = next(migration for migration in read_migrations() if migration.name == "procrastinate_schema")
    assert ours.sql.endswith(SchemaManager.get_schema()), (
        "procrastinate was updated: add a migration of ours with its new files in procrastinate/sql/migrations, "
        "and compare a database made by ours with one made by its schema"
    )
