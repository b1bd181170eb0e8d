"""The `textlogin` command. May import anything; only `__main__` imports it."""

import gc

# A start creates 300,000 objects that stay. Scanning them again and again would take a fifth of it.
gc.set_threshold(50_000, 20, 100)
