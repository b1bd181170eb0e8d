"""JavaScript modules, run by the Node.js in playwright's wheel."""

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.harness.eventually import PATIENCE_S


class Node:
    """A running module that prints lines of JSON."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    async def prints(self) -> Any:
        """Wait for the next line."""
        assert self._child.stdout is not None
        line = await asyncio.wait_for(self._child.stdout.readline(), PATIENCE_S)
        assert line, (await self.ends())[1]
        return json.loads(line)

    async def reads(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._child.stdin is not None
        self._child.stdin.write(line.encode() + b"\n")
        await self._child.stdin.drain()

    async def ends(self) -> tuple[list[Any], str]:
        """The other lines that it prints before it ends, and its standard error."""
        out, err = await asyncio.wait_for(self._child.communicate(), PATIENCE_S)
        return [json.loads(line) for line in out.splitlines()], err.decode()


@asynccontextmanager
async def node(script: str, folder: Path, *arguments: str) -> AsyncIterator[Node]:
    """Run the source of a module; killed at the end if it is still running."""
    path = folder / "script.mjs"
    path.write_text(script, encoding="utf-8")
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        node_binary(), str(path), *arguments, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield Node(child)
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


def node_binary() -> str:
    found = importlib.util.find_spec("playwright")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "driver" / "node")
