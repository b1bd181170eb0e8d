"""For operators: health checks, logging, uvicorn's options.

Imports `http`, storage and bot.
"""
