"""A stand-in for Telnyx: its messages API, its signed webhooks, and the phones behind them.

Only the demo and the tests import it; it imports nothing of the service. It keeps everything in
memory.
"""

from webhooks.sandbox.answers import explain
from webhooks.sandbox.app import Sandbox
from webhooks.sandbox.clock import DemoClock
from webhooks.sandbox.decisions import describe
from webhooks.sandbox.entries import log_callback
from webhooks.sandbox.guard import is_loopback
from webhooks.sandbox.log import Log
from webhooks.sandbox.offset import OffsetTable

__all__ = [
    "DemoClock",
    "Log",
    "OffsetTable",
    "Sandbox",
    "describe",
    "explain",
    "is_loopback",
    "log_callback",
]
