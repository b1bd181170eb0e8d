"""The `textlogin` command. It may import everything; nothing imports it."""
