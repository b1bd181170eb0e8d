"""`python -m webhooks` is `textlogin`."""

from webhooks.cli import main

main()
