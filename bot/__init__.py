"""Decides what happens: pure functions, without I/O, clock, randomness or environment.

Imports the standard library, `msgspec` and `phonenumbers`, and no other package of this project.
"""
