"""Watching a verification: the copy in memory, polls, server-sent events, the browser module.

Imports `http`, `clients`, `verification_json`, storage and bot.
"""
