"""The `textlogin` command. May import anything; only `__main__` imports it."""
