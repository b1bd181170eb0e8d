"""Batches, tables and migrations, on real databases without a service around them."""
