"""Telnyx, both ways: its signed webhooks come in, our messages go out.

Imports `http`, storage and bot.
"""
