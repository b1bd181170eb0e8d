"""Alembic's scripts, and the two questions the service has about them."""
