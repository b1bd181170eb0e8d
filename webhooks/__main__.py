"""`python -m webhooks` is `textlogin`."""

from webhooks.cli.main import main

main()
