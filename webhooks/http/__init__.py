"""HTTP basics: ASGI helpers, paths, problem documents, the client's IP, time and size limits.

Imports nothing else of webhooks.
"""
