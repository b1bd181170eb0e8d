"""`docs/contract.md` agrees with the code in everything that a test can compare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import typer
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from storage.clock import SteadyClock
from tests.docs.markdown import DOCS, ROOT, code, read, sections, tables
from tests.harness.settings import NUMBER, PUBLIC_KEY, make_settings
from webhooks.api.openapi import document
from webhooks.app import create_app
from webhooks.cli.main import app as command_line
from webhooks.http.problems import PROBLEMS
from webhooks.sandbox import DemoClock, Sandbox
from webhooks.settings import Settings
from webhooks.telnyx.inbound import PATH as WEBHOOK

CONTRACT = sections(read(DOCS / "contract.md"))
COMMANDS, SETTINGS, _, HTTP, SANDBOX = (
    next(text for heading, text in CONTRACT.items() if heading.startswith(f"{number}. "))
    for number in range(1, 6)
)
OPENAPI = document()
SCHEMAS = OPENAPI["components"]["schemas"]
#: What any call may answer; the page says so once.
ANY_CALL = {
    *("unauthorized", "method_not_allowed", "internal", "unavailable"),
    *("timeout", "headers_too_large"),
}

# -- commands --------------------------------------------------------------------------------------


def commands(group: Any, path: str = "textlogin") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


CALLED = dict(commands(typer.main.get_command(command_line)))


def test_every_command_and_no_other_is_listed_with_its_options() -> None:
    listed = {
        code(command)[0].removesuffix(" NAME").removesuffix(" PHONE").removesuffix(" FILE"): set(
            code(options)
        )
        for command, options, _ in tables(COMMANDS)["command"]
    }

    assert listed == {
        name: {option for one in command.params for option in one.opts if option.startswith("--")}
        for name, command in CALLED.items()
    }


def test_what_clients_add_takes_is_listed_with_its_defaults() -> None:
    (add,) = (command for name, command in CALLED.items() if name.endswith("clients add"))
    listed = {code(name)[0]: default.strip("`") for name, default, _ in tables(COMMANDS)["option"]}

    assert listed.pop("NAME") == "required"
    assert listed == {
        one.opts[0]: one.default or "none" for one in add.params if one.opts != ["name"]
    }


def test_every_make_target_and_no_other_is_listed() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    listed = {code(target)[0] for target, _ in tables(COMMANDS)["target"]}

    assert listed == {f"make {name}" for name in re.findall(r"(?m)^([a-z]+):.*##", makefile)}


# -- settings --------------------------------------------------------------------------------------

VARIABLES = {code(row[0])[0]: row[1:] for row in tables(SETTINGS)["variable"]}
FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}


def default_of(field: FieldInfo) -> str:
    """As the page writes it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    shown = ",".join(value) if isinstance(value, tuple | dict) else value
    return "none" if shown in ("", None) else str(shown)


def test_every_setting_and_no_other_is_listed() -> None:
    assert set(VARIABLES) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_has_the_default_and_the_bounds_that_are_listed(name: str) -> None:
    default, bounds, meaning = VARIABLES[name]
    limits = [one for one in FIELDS[name].metadata if isinstance(one, Ge | Le)]

    assert default.strip("`") == default_of(FIELDS[name])
    assert meaning
    if limits:
        least, most = (getattr(one, "ge", getattr(one, "le", None)) for one in limits)
        assert bounds == f"{least:,}–{most:,}"


# -- HTTP ------------------------------------------------------------------------------------------


def calls(routes: list[BaseRoute], prefix: str = "") -> set[str]:
    """Method and path of every route; HEAD is left out."""
    found = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= calls(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            methods = set(route.methods or ()) - {"HEAD"}
            found |= {f"{method} {prefix}{route.path}" for method in methods}
    return found


def calls_in(text: str) -> set[str]:
    return {span for span in code(text) if re.fullmatch(r"(GET|POST|PATCH) /\S*", span)}


async def test_every_call_of_the_service_and_no_other_is_described(sqlite_url: str) -> None:
    served: set[str] = set()

    async def look(request: Request) -> Response:
        served.update(calls(request.app.routes))
        return Response()

    app = create_app(
        make_settings(sqlite_url, PUBLIC_KEY), extra_routes=[Route("/look", look, methods=["PUT"])]
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        await http.put("/look")
        webhook = await http.get(WEBHOOK)

    assert webhook.headers["allow"] == "POST"
    assert calls_in(HTTP) == (served | {f"POST {WEBHOOK}"}) - {"PUT /look"}


async def test_every_call_of_the_sandbox_and_no_other_is_described() -> None:
    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        return 200

    sandbox = Sandbox(
        number=NUMBER, post=post, webhook_url="http://x", clock=DemoClock(SteadyClock())
    )

    assert calls_in(SANDBOX) == calls(list(sandbox.routes))


def test_every_call_of_the_openapi_document_is_described() -> None:
    documented = {
        f"{method.upper()} {path}"
        for path, methods in OPENAPI["paths"].items()
        for method in methods
    }

    assert {call for call in calls_in(HTTP) if " /v1/" in call} == documented


def test_every_problem_and_no_other_is_listed_with_its_status() -> None:
    listed = {code(name)[0]: int(status) for name, status, *_ in tables(HTTP)["problem"]}

    assert listed == {name: status for name, (status, *_) in PROBLEMS.items()}


@pytest.mark.parametrize(
    ("heading", "responses"),
    [
        pytest.param(f"`{method.upper()} {path}`", call["responses"], id=call["operationId"])
        for path, methods in OPENAPI["paths"].items()
        for method, call in methods.items()
    ],
)
def test_a_call_names_the_problems_of_the_openapi_document(
    heading: str, responses: dict[str, Any]
) -> None:
    wanted = set(re.findall(r"components/responses/(\w+)", str(responses)))
    wanted |= set(re.findall(r"urn:textlogin:problem:(\w+)", str(responses)))

    named = set(code(CONTRACT[heading].split("\nProblems: ")[1]))

    assert wanted - ANY_CALL <= named <= set(PROBLEMS)


def named(member: dict[str, Any]) -> list[str]:
    """The schemas that a member refers to."""
    return re.findall(r"#/components/schemas/(\w+)", str(member))


def members(schema: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """Every member of an object, those of objects in it with a dotted name."""
    found = {}
    for name, member in schema["properties"].items():
        found[prefix + name] = member
        for reference in named(member):
            if "properties" in SCHEMAS[reference]:
                found |= members(SCHEMAS[reference], f"{prefix}{name}.")
    return found


@pytest.mark.parametrize(
    ("heading", "schema"),
    [
        ("`POST /v1/verifications`", "NewVerification"),
        ("The verification object", "Verification"),
    ],
)
def test_every_member_and_no_other_is_listed_with_its_values(heading: str, schema: str) -> None:
    listed = {code(row[0])[0]: row[1:] for row in tables(CONTRACT[heading])["member"]}
    known = members(SCHEMAS[schema])

    assert list(listed) == list(known)
    for name, member in known.items():
        values = {value for one in named(member) for value in SCHEMAS[one].get("enum", ())}
        assert values <= set(code(" ".join(listed[name]))), name
