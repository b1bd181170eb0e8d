"""The bare route as the workload that the service is compared with."""

from __future__ import annotations

from functools import partial

from tests.benchmarks import bare_route
from tests.benchmarks.launcher import Launcher
from tests.benchmarks.load import load
from tests.benchmarks.requests import RequestFile, get
from tests.benchmarks.traffic import Traffic
from tests.benchmarks.workload import Workload

_WEBHOOKS = 500


class Reference:
    """`post` sends it webhooks, `get` plain GET requests; `rate` is that of webhooks per second."""

    def __init__(self, launcher: Launcher, traffic: Traffic, seconds: int) -> None:
        self._server = launcher.bare_route()
        self._seconds = seconds
        self.post = self._workload(traffic.webhooks(traffic.logins(_WEBHOOKS)))
        self.get = self._workload(traffic.files.write([get(bare_route.GET_PATH)]))
        self.rate = self.post.run().rate

    def _workload(self, requests: RequestFile) -> Workload:
        run = partial(load, self._server.port, requests, self._seconds, repeat=True)
        return Workload(self._server, run, saturates=True)

    def close(self) -> None:
        """Stop its server."""
        self._server.stop()
