"""Conversations of people with the service, as scripts, and what plays and prints them.

Each `.txt` file is one script; `script.py` describes the notation.
"""
