"""The database: one writer that commits commands in batches, plain reads, the schema.

Imports `bot`.
"""
