"""The documentation page, the document and the browser module as they are served."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

from tests.harness.openapi_document import DOCUMENT, OPERATIONS, resolved
from tests.harness.running_service import running_service
from tests.harness.settings import SHOP
from webhooks.http.problems import MEDIA_TYPE, PROBLEMS

ROOT = Path(__file__).parents[3]


class Page(HTMLParser):
    """The tags, references, ids and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.references.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
            assert not name.startswith("on")

    def handle_data(self, data: str) -> None:
        self.words += data


async def test_the_docs_show_every_call_and_object(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        answer = await service.http.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    words = " ".join(page.words.split())
    for method, path, operation in OPERATIONS:
        assert operation["operationId"] in page.ids
        assert f"{method.upper()} {path}" in words
        assert operation["summary"] in words
        for status, answered in operation["responses"].items():
            answer = resolved(answered)
            if int(status) < 400:
                assert " ".join(answer["description"].split()) in words
            for name in answer["content"][MEDIA_TYPE]["examples"] if int(status) >= 400 else ():
                assert f"#problem-{name}" in page.references
    for name, (_, title) in PROBLEMS.items():
        assert f"problem-{name}" in page.ids
        assert words.count(f"{title}.") == 1, name
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert name in page.ids
        assert all(member in words for member in schema.get("properties", {}))
    assert len(set(page.ids)) == len(page.ids)


async def test_the_docs_load_nothing_from_other_origins(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        answer = await service.http.get("/docs")
        page = Page(answer.text)
        assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base"})
        for reference in page.references:
            if reference.startswith("#"):
                assert reference[1:] in page.ids
            else:
                assert reference.startswith("/")
                assert not reference.startswith("//")
                assert (await service.http.get(reference)).status_code == 200
        assert "@import" not in answer.text
        assert "url(" not in answer.text
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert set(policy) <= {"default-src", "frame-ancestors", "style-src", "base-uri", "form-action"}


async def test_the_document_is_served_unchanged(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        answer = await service.http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    assert "max-age" in answer.headers["cache-control"]


async def test_the_server_is_the_public_url_where_it_is_known(sqlite_url: str) -> None:
    url = "https://login.example"
    async with running_service(sqlite_url, public_url=url) as service:
        served = (await service.http.get("/openapi.json")).json()
        page = Page((await service.http.get("/docs")).text)
    assert [one["url"] for one in served.pop("servers")] == [url]
    known = json.loads(json.dumps(DOCUMENT))
    assert [one["url"] for one in known.pop("servers")] == ["/"]
    assert served == known
    assert f"SERVICE={url}\n" in page.words


async def test_the_client_is_served_as_a_module_for_any_page(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        answer = await service.http.get("/client.js", headers={"Origin": "https://any.example"})
    assert answer.headers["content-type"].partition(";")[0] == "text/javascript"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.content == (ROOT / "webhooks" / "watch" / "client.js").read_bytes()
    assert "export " in answer.text
    assert not re.search(r"https?://", answer.text)
    assert answer.headers["x-typescript-types"] == "/client.d.ts"


async def test_the_types_of_the_client_are_served_for_any_page(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        answer = await service.http.get("/client.d.ts", headers={"Origin": "https://any.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.content == (ROOT / "webhooks" / "watch" / "client.d.ts").read_bytes()
    (verification,) = re.findall(r"interface Verification {(.*?)\n}", answer.text, re.DOTALL)
    members = DOCUMENT["components"]["schemas"]["Verification"]["properties"].keys()
    assert set(re.findall(r"(\w+): ", verification)) == members - {"poll_token"}


async def test_document_docs_and_client_are_public(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        for path in ("/openapi.json", "/docs", "/client.js", "/client.d.ts"):
            answer = await service.http.get(path)
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert SHOP.partition(":")[2] not in answer.text


async def test_the_docs_begin_with_a_contents_list_of_every_call(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        text = (await service.http.get("/docs")).text
    (contents,) = re.findall(r"<nav.*?</nav>", text, re.DOTALL)
    links = Page(contents).references
    ids = [f"#{operation['operationId']}" for _, _, operation in OPERATIONS]
    assert links == [*ids, "#receiveCallback", "#receiveTest", "#problems", "#objects"]


async def test_the_docs_show_every_call_as_a_curl_command(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        text = (await service.http.get("/docs")).text
    found = re.findall(r"<pre[^>]*>(curl .*?)</pre>", text, re.DOTALL)
    commands = list(map(html.unescape, found))
    assert len(commands) == len(OPERATIONS)
    for (method, path, operation), command in zip(OPERATIONS, commands, strict=True):
        assert command.startswith(f'curl -s -X {method.upper()} "$SERVICE')
        assert path.replace("{id}", "$ID") in command
        assert ("Bearer $KEY" in command) == bool(operation["security"])
        if "requestBody" in operation:
            (body,) = re.findall("-d '(.*)'", command)
            content = operation["requestBody"]["content"]["application/json"]
            (example,) = content["examples"].values()
            assert json.loads(body) == example["value"]


async def test_every_table_of_the_docs_can_be_scrolled_by_keyboard(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        text = (await service.http.get("/docs")).text
    region = r"<div class='scroll' tabindex='0' role='region' aria-label='\w+'><table>"
    assert len(re.findall(region, text)) == text.count("<table") > 10
    assert text.count("<pre") == text.count("<pre tabindex='0'")
