"""Decides what happens: pure functions, without I/O, clock, randomness or environment.

Imports the standard library, `msgspec`, `phonenumbers` and `cryptography`; nothing of ours.
"""
