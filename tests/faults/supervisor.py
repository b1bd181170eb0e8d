"""A supervisor such as systemd: it starts processes, and restarts those that end by themselves."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.faults.served_process import ServedProcess

#: systemd's default of RestartSec.
_RESTART_S = 0.1


class Supervisor:
    """Runs in a thread of its own from the constructor to `stop`."""

    def __init__(self, processes: Sequence[ServedProcess]) -> None:
        self.processes = processes
        self._is_stopping = threading.Event()
        self._has_started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._has_started.wait()

    def stop(self) -> None:
        """Stop every process in order."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        for process in self.processes:
            process.start()
        self._has_started.set()
        while not self._is_stopping.wait(_RESTART_S):
            for process in self.processes:
                process.restart_if_ended()
        with ThreadPoolExecutor() as threads:
            list(threads.map(ServedProcess.stop, self.processes))
