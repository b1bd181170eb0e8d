"""Logs each file that is opened and each module that is imported, with thread and time.

Python imports this module when it starts, if the folder is on PYTHONPATH.
"""

import os
import sys
import threading
import time

MARK = "audit"
_EVENTS = ("open", "import", "os.listdir", "os.scandir")


def _log(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS:
        line = f"{MARK} {time.monotonic():.6f} {threading.current_thread().name} {event}"
        os.write(2, f"{line} {arguments[0]}\n".encode())


if __name__ == "sitecustomize":
    sys.addaudithook(_log)
