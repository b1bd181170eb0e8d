"""What operators need: health checks, logs, how the server runs.

Imports `http`, storage and bot.
"""
