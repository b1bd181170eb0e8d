"""The login pages, over plain HTTP and in a real browser."""
