"""`GET /v1/verifications/{id}?wait=`, held or not."""

from tests.harness.asgi_request import AsgiRequest
from tests.harness.running_service import RunningService
from tests.harness.settings import SHOP


async def etag(service: RunningService, id: str) -> str:
    """The current ETag of a verification."""
    return str((await service.web_app().ask("GET", f"/{id}")).headers["etag"])


def poll(
    service: RunningService, id: str, known: str | None = None, seconds: int = 25
) -> AsgiRequest:
    """A poll that waits up to so many seconds; `known` is its If-None-Match."""
    headers = {} if known is None else {"If-None-Match": known}
    return AsgiRequest(service.app, f"{id}?wait={seconds}", SHOP, headers)
