"""The `textlogin` command. Imports anything; nothing imports it."""
