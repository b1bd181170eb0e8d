"""The `textlogin` command, run in this process or as a child."""
