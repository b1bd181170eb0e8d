"""Polls, server-sent events, the browser module, and the live copies they read."""
