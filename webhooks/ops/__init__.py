"""For operators: health checks, logging, shutdown, uvicorn's options.

Imports `http`, storage and bot.
"""
