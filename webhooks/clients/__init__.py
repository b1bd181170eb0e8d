"""Web apps: how they authenticate, their origins, and the callbacks they get.

Imports `http`, `verification_json`, storage and bot.
"""
