"""The service through its ASGI application, in folders named like those of webhooks."""
