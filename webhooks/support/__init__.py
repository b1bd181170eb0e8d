"""Support: what is stored about a phone or a verification, in plain words with reasons.

The commands and the operator pages show the same. Nothing here changes anything, and no code is
ever shown.
"""
