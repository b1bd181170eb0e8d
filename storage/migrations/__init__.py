"""Alembic's environment and migration scripts, which `storage.migrate` runs."""
