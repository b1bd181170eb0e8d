"""The OpenAPI document as one HTML page, without scripts and without files from other hosts."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from webhooks.http.problems import MEDIA_TYPE, PROBLEMS

_CODE = re.compile(r"`([^`]+)`")
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { border-top: 1px solid #8888; padding-top: 1rem; margin-top: 2rem; overflow-wrap: anywhere }
h2 code { background: #0a7d5a; color: #fff; border-radius: .3rem; padding: .1rem .4rem }
.scroll { overflow-x: auto }
.scroll:focus-visible, pre:focus-visible { outline: 2px solid #0a7d5a }
table { border-collapse: collapse }
nav ul { padding-left: 1.2rem }
p, li, code { overflow-wrap: anywhere }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }
pre { background: #8882; padding: .75rem; overflow-x: auto; border-radius: .3rem }
"""

Schema = dict[str, Any]


def render(document: dict[str, Any]) -> str:
    """The contents, every operation and callback, then every problem and every schema."""
    info = document["info"]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])} "
        "For machines: <a href='/openapi.json'>openapi.json</a>. For browsers: "
        "<a href='/client.js'>client.js</a>, <a href='/client.d.ts'>its types</a>. "
        "Send <code>Authorization: Bearer</code> with an API key or a poll token.</p>"
        f"{_variables(document)}{_contents(document)}{_operations(document)}{_callbacks(document)}"
        f"<h2 id='problems'>Problems</h2>{_problems(document)}"
        f"<h2 id='objects'>Objects</h2>{_schemas(document)}</main></body></html>"
    )


def _variables(document: dict[str, Any]) -> str:
    """What the requests below take from the shell."""
    url = document["servers"][0]["url"]
    service = "https://your-host" if url == "/" else url
    lines = f"SERVICE={service}\nKEY=the API key of your web app\nID=the id of a verification"
    return (
        "<p>The requests on this page use these variables of the shell:</p>"
        f"<pre tabindex='0'>{escape(lines)}</pre>"
    )


def _contents(document: dict[str, Any]) -> str:
    links = [
        (operation["operationId"], f"{method.upper()} {path}", operation["summary"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    links += [
        (call["post"]["operationId"], "callback", call["post"]["summary"])
        for call in document["webhooks"].values()
    ]
    items = [
        f"<li><a href='#{id}'>{escape(summary)}</a> <code>{escape(call)}</code></li>"
        for id, call, summary in links
    ]
    items += [
        "<li><a href='#problems'>Problems</a></li>",
        "<li><a href='#objects'>Objects</a></li>",
    ]
    return f"<nav aria-label='Contents'><h2>Contents</h2><ul>{''.join(items)}</ul></nav>"


def _operations(document: dict[str, Any]) -> str:
    return "".join(
        _operation(method.upper(), path, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    return (
        f"<h2 id='{operation['operationId']}'><code>{method}</code> {escape(path)}</h2>"
        f"<p><strong>{escape(operation['summary'])}.</strong> {_prose(operation['description'])} "
        f"Credential: {_credentials(operation)}.</p>"
        f"{_body(operation)}{_request(method, path, operation)}{_parameters(operation, document)}"
        f"<h3>Responses</h3>{_responses(operation, document)}"
    )


def _callbacks(document: dict[str, Any]) -> str:
    return "".join(_callback(call["post"], document) for call in document["webhooks"].values())


def _callback(call: dict[str, Any], document: dict[str, Any]) -> str:
    return (
        f"<h2 id='{call['operationId']}'><code>callback</code> {escape(call['summary'])}</h2>"
        f"<p>{_prose(call['description'])}</p>{_body(call)}{_parameters(call, document)}"
    )


def _request(method: str, path: str, operation: dict[str, Any]) -> str:
    """The call as a curl command."""
    lines = [f'curl -s -X {method} "$SERVICE{_example_path(path, operation)}"']
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $KEY"')
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, body in content.items():
        lines.append(f'-H "Content-Type: {media_type}"')
        lines += [f"-d '{json.dumps(each['value'])}'" for each in body["examples"].values()][:1]
    command = " \\\n  ".join(lines)
    return f"<h3>Request</h3><pre tabindex='0'>{escape(command)}</pre>"


def _example_path(path: str, operation: dict[str, Any]) -> str:
    query = {
        "phone_number": "%2B14155550123",
        "wait": "25",
        "ref": "$REF",
    }
    names = [each["$ref"].rpartition("/")[2] for each in operation["parameters"]]
    asked = "&".join(f"{name}={query[name]}" for name in names if name in query)
    return path.replace("{id}", "$ID") + (f"?{asked}" if asked else "")


def _credentials(operation: dict[str, Any]) -> str:
    names = {name for scheme in operation["security"] for name in scheme}
    return escape(" or ".join(sorted(names)) or "none")


def _body(operation: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    return (
        f"<p>Body: {_link(operation['requestBody']['content']['application/json']['schema'])}</p>"
    )


def _parameters(operation: dict[str, Any], document: dict[str, Any]) -> str:
    parameters = [_resolve(parameter, document) for parameter in operation["parameters"]]
    rows = [_row(each["name"], each["in"], each["description"]) for each in parameters]
    return f"<h3>Parameters</h3>{_table(rows, 'Parameters')}" if rows else ""


def _responses(operation: dict[str, Any], document: dict[str, Any]) -> str:
    """Each success, and the names of the problems, which have a section of their own."""
    responses = {
        status: _resolve(response, document) for status, response in operation["responses"].items()
    }
    rows = [
        _row(status, ", ".join(response.get("content", {})) or "no body", response["description"])
        for status, response in responses.items()
        if int(status) < 400
    ]
    named = [name for response in responses.values() for name in _problem_names(response)]
    links = ", ".join(f"<a href='#problem-{name}'>{name}</a>" for name in named)
    return f"{_table(rows, 'Responses')}<p>Problems: {links}.</p>"


def _problem_names(response: dict[str, Any]) -> list[str]:
    content: dict[str, Any] = response.get("content", {}).get(MEDIA_TYPE, {})
    return list(content.get("examples", ()))


def _problems(document: dict[str, Any]) -> str:
    rows = [
        f"<tr id='problem-{name}'><th scope='row'><code>{name}</code></th>"
        f"<td>{status}</td><td>{escape(title)}.</td></tr>"
        for name, (status, title) in PROBLEMS.items()
    ]
    return (
        "<p>What is refused is answered with a <a href='#Problem'>Problem</a>, "
        f"<code>{MEDIA_TYPE}</code>. Its type is <code>urn:textlogin:problem:</code> and the name."
        f"</p>{_table(rows, 'Problems')}"
    )


def _schemas(document: dict[str, Any]) -> str:
    return "".join(
        f"<h3 id='{escape(name)}'>{escape(name)}</h3>"
        f"{_description(schema)}{_members(schema)}{_examples(schema)}"
        for name, schema in document["components"]["schemas"].items()
    )


def _description(schema: Schema) -> str:
    return f"<p>{_prose(schema['description'])}</p>" if "description" in schema else ""


def _members(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = [
        _row(
            name,
            _type(member) + (", required" if name in required else ""),
            str(member.get("description", "")),
        )
        for name, member in schema.get("properties", {}).items()
    ]
    return _table(rows, "Members") if rows else _values(schema)


def _values(schema: Schema) -> str:
    return f"<p>{escape(_type(schema))}</p>" if "enum" in schema else ""


def _examples(schema: Schema) -> str:
    return "".join(
        f"<pre tabindex='0'>{escape(json.dumps(example, indent=1, ensure_ascii=False))}</pre>"
        for example in schema.get("examples", ())
    )


def _type(member: Schema) -> str:
    """A member's type in a line: its values, the schema that it names, or the JSON type."""
    if "enum" in member:
        return " | ".join(json.dumps(value) for value in member["enum"])
    if "const" in member:
        return json.dumps(member["const"])
    if "$ref" in member:
        return _name(member)
    if "anyOf" in member:
        return " | ".join(_type(each) for each in member["anyOf"])
    kind = member.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _link(schema: Schema) -> str:
    name = escape(_name(schema))
    return f"<a href='#{name}'>{name}</a>"


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _table(rows: list[str], label: str) -> str:
    """A table that the keyboard can scroll where it is wider than the page."""
    return (
        f"<div class='scroll' tabindex='0' role='region' aria-label='{label}'>"
        f"<table>{''.join(rows)}</table></div>"
    )


def _row(*cells: str) -> str:
    first, *others = (_prose(cell) for cell in cells)
    return f"<tr><th scope='row'>{first}</th>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>"


def _prose(text: str) -> str:
    """HTML, with the words between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _resolve(value: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The component that a `$ref` names, or the value itself."""
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved
