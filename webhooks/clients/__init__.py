"""Web apps: authentication, browser origins, callbacks.

Imports `http`, `verification_json`, storage and bot.
"""
