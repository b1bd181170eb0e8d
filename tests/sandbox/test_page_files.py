"""The sandbox page over HTTP: its files, their size and headers."""

import re
from importlib.resources import files

import pytest

from tests.harness.running_sandbox import NUMBER, running_sandbox

#: Of all files together, uncompressed.
_MOST_BYTES = 60_000
_FILES = sorted(one.name for one in files("webhooks.sandbox").joinpath("static").iterdir())
_OTHERS = [name for name in _FILES if name != "page.html"]


async def test_the_page_names_the_number_and_the_public_key() -> None:
    async with running_sandbox() as sandbox:
        page = await sandbox.http.get("/sandbox")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert f'data-number="{NUMBER}"' in page.text
        assert sandbox.sandbox.public_key in page.text
        assert "{{" not in page.text


async def test_the_page_and_its_files_have_at_most_60_kb() -> None:
    async with running_sandbox() as sandbox:
        pages = [await sandbox.http.get("/sandbox")]
        pages += [await sandbox.http.get(f"/sandbox/static/{name}") for name in _OTHERS]
        assert [page.status_code for page in pages] == [200] * len(pages)
        assert sum(len(page.content) for page in pages) <= _MOST_BYTES


@pytest.mark.parametrize("path", ["", *(f"/static/{name}" for name in _OTHERS)])
async def test_every_file_has_a_policy_without_inline_code_and_is_not_sniffed(path: str) -> None:
    async with running_sandbox() as sandbox:
        headers = (await sandbox.http.get(f"/sandbox{path}")).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", _FILES)
def test_a_file_names_nothing_from_outside_and_has_no_inline_code(name: str) -> None:
    text = files("webhooks.sandbox").joinpath("static", name).read_text("utf-8")
    outside = set(re.findall(r"https?://[^\s\"'`)]+|(?<=[\"'])//[^\s\"']+", text))
    assert outside <= {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=\"", text)


@pytest.mark.parametrize("name", ["page.html", "nothing.js", "..%2Fpage.py", "%2E%2E", ""])
async def test_another_name_is_not_found(name: str) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.get(f"/sandbox/static/{name}")
        assert response.status_code == response.json()["status"] == 404
