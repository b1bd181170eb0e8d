"""Speaks HTTP: Telnyx's webhooks and our texts on one side, web apps and browsers on the other."""
