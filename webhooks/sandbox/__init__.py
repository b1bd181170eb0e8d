"""A stand-in for Telnyx: its messages API, its signed webhooks, and the phones behind it.

For the demo and the tests alone. Everything is in memory and gone with the process; nothing
outside this folder is imported.
"""

from webhooks.sandbox.app import Sandbox

__all__ = ["Sandbox"]
