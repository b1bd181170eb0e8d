"""Telnyx, both ways: signed webhooks in, texts out.

Imports `http`, storage and bot.
"""
