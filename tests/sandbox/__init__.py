"""The stand-in for Telnyx: its messages API, its webhooks, and the phones behind it."""
