"""The operators' port: metrics, and a place for operator pages.

A server of its own beside the public one, on `OPERATIONS_HOST` and `OPERATIONS_PORT`: numbers of
users and texts are nobody else's business.
"""
