"""Fault injection: what breaks under the service while phones log in, and what that costs them.

`make faults` runs every fault of `catalogue` and prints a table, `make soak` a long steady load.
Everything is a black box: processes, HTTP, SQLite files, a PostgreSQL server, all on loopback.
"""
