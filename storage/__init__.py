"""Remembers. One writer, plain readers, SQLite or PostgreSQL."""
