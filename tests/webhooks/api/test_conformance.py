"""Generated requests, valid and invalid: every answer is one that the document announces.

`--examples=1000` generates more of them, and different ones each time.
"""

from itertools import count
from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.harness.openapi_document import checkable
from tests.harness.settings import OTHER_SHOP, SHOP
from tests.harness.threaded_service import ThreadedService

_ANNOUNCED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
_ONE = "/v1/verifications/{id}"
schema = schemathesis.openapi.from_dict(checkable())
_turns = count()


def answered(case: schemathesis.Case[Any], service: ThreadedService, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    response = case.call_and_validate(base_url=service.url, headers=headers, checks=_ANNOUNCED)
    return int(response.status_code)


@schema.parametrize()
@settings(settings.get_profile("requests"))
def test_every_answer_is_one_that_the_document_announces(
    case: schemathesis.Case[Any], service: ThreadedService
) -> None:
    turn = next(_turns)
    for given in (case.query, case.body):  # generated strings are hardly ever phone numbers
        if isinstance(given, dict) and "phone_number" in given and turn % 2:
            given["phone_number"] = f"+1415555{turn % 10_000:04}"
    answered(case, service, SHOP)


@schema.include(path_regex="{id}").parametrize()
@settings(settings.get_profile("requests"))
def test_every_answer_about_an_existing_verification_is_announced(
    case: schemathesis.Case[Any], service: ThreadedService
) -> None:
    """Open, with a live code, approved, canceled; by API key, poll token, another web app's key."""
    turn = next(_turns)
    verification, code = _verification(service, turn, finished=case.path.endswith("/events"))
    case.path_parameters = {"id": verification["id"]}
    if case.path.endswith("/qr.svg") and verification["login"] and turn % 8:
        case.query = {"ref": verification["login"]["ref"]}
    if case.path.endswith("/check") and turn % 8:
        case.body = {"code": code}
    bearers = (SHOP, verification["poll_token"], SHOP, OTHER_SHOP, "nobody's")
    answered(case, service, bearers[turn // 4 % len(bearers)])


def _verification(
    service: ThreadedService, turn: int, *, finished: bool
) -> tuple[dict[str, Any], str]:
    """In turn: open, with a live code, approved, canceled; and its code."""
    phone = f"+1415555{turn % 10_000:04}"
    if turn % 2 == 0:
        opened = service.create(method="text")
        if finished or turn % 4:
            service.act(opened["id"], "cancel")
        return opened, "123456"
    opened = service.create(method="sms", phone_number=phone)
    code = service.code(phone)
    if finished or turn % 4 == 3:
        service.act(opened["id"], "check", code=code)
    return opened, code
