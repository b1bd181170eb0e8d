"""Decides. Pure: no I/O, clock, environment or randomness; what varies is passed in."""
