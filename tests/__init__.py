"""Tests, in folders named like the code they test; `journeys` tests all of it together.

`conftest.py` has the databases, as fixtures.
"""
