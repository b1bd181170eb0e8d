"""HTTP itself: ASGI helpers, problem documents, the client's address, time and size limits.

Imports nothing else of webhooks.
"""
