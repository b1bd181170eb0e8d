"""The `sms:` link as a QR code."""

import re
from xml.parsers import expat

import segno

from tests.harness.clock import MINUTE_MS
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import expect

_PATH = re.compile(r"([Mmh])(-?[0-9.]+)(?:[ ,](-?[0-9.]+))?")
_QUIET_ZONE = 4


def dark_modules(svg: str) -> set[tuple[int, int]]:
    """The dark modules of the picture, counted from the corner of the QR code."""
    parser, paths = expat.ParserCreate(), []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "path" and "stroke" in attributes:
            paths.append(attributes["d"])

    parser.StartElementHandler = start
    parser.Parse(svg, True)
    (path,) = paths
    found, x, y = set(), 0.0, 0.0
    for command, first, second in _PATH.findall(path):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            end = x + float(first)
            found |= {
                (int(column) - _QUIET_ZONE, int(y) - _QUIET_ZONE)
                for column in range(int(x), int(end))
            }
            x = end
    return found


def modules_of(link: str) -> set[tuple[int, int]]:
    matrix = segno.make(link, error="m", micro=False).matrix
    return {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


async def qr_code(service: RunningService, id: str, ref: str) -> tuple[int, str]:
    response = await service.http.get(f"/v1/verifications/{id}/qr.svg", params={"ref": ref})
    return response.status_code, response.text


async def test_the_link_as_a_qr_code_needs_no_key(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        login = opened["login"]
        response = await service.http.get(
            f"/v1/verifications/{opened['id']}/qr.svg", params={"ref": login["ref"]}
        )
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("image/svg+xml")
        assert response.headers["cache-control"] == "no-store"
        assert login["sms_uri"] == f"sms:+14155550100?body=LOGIN%20{login['ref']}"
        assert dark_modules(response.text) == modules_of(login["sms_uri"])
        assert dark_modules(response.text) != modules_of("sms:+14155550100?body=LOGIN%20BBBBBB")
        assert login["text"] in response.text  # for screen readers


async def test_the_ref_may_be_in_lower_case(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        status, _ = await qr_code(service, opened["id"], opened["login"]["ref"].lower())
        assert status == 200


async def test_without_the_right_ref_there_is_no_qr_code(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened, other = await shop.open(), await shop.open()
        sent = await shop.create(method="sms", phone_number="+14155550177")
        for id, ref in (
            (opened["id"], other["login"]["ref"]),
            (opened["id"], ""),
            (opened["id"], opened["login"]["ref"] + "X"),
            (sent["id"], ""),
            ("ver_" + "0" * 47, opened["login"]["ref"]),
            ("ver_1", opened["login"]["ref"]),
        ):
            response = await service.http.get(f"/v1/verifications/{id}/qr.svg", params={"ref": ref})
            problem = expect(response, 404)
            assert problem["type"] == "urn:textlogin:problem:not_found"
        response = await service.http.get(f"/v1/verifications/{opened['id']}/qr.svg")
        assert response.status_code == 404


async def test_a_finished_verification_has_no_qr_code(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        ended, old = await shop.open(), await shop.open()
        expect(await shop.cancel(ended["id"]), 200)
        assert (await qr_code(service, ended["id"], ended["login"]["ref"]))[0] == 404
        service.clock.advance(15 * MINUTE_MS)
        assert (await qr_code(service, old["id"], old["login"]["ref"]))[0] == 404
