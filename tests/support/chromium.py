"""A real Chromium without a window, driven by its own protocol."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.support.waiting import until

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS: Final = (
    "--headless",
    "--no-sandbox",  # it may run as root, and sees nothing but our own page
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
)


def chromium() -> str | None:
    """Where it is installed; None where it is not."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Tab:
    """One page. `complaints` are errors of scripts and what its policy refused."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.complaints: list[str] = []

    async def listen(self) -> None:
        """Take what Chromium says, until it is closed."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif said["method"] in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.complaints.append(json.dumps(said["params"]))

    async def command(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol; its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        said = await asyncio.wait_for(answer, 60)
        assert "result" in said, said
        return said["result"]

    async def go(self, url: str) -> None:
        """Open a page from scratch."""
        await self.command("Page.navigate", url="about:blank")
        await self.command("Page.navigate", url=url)

    async def value(self, script: str) -> Any:
        """What the expression comes to."""
        found = await self.command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str) -> Any:
        """Ask until the expression is true."""
        for _ in range(600):
            if found := await self.value(script):
                return found
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{script}; the page says: {await self.value('document.body.innerText')}")

    async def press(self, key: str) -> None:
        """Press one key."""
        codes = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, "")}
        code, text = codes[key]
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        await self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
        await self.command("Input.dispatchKeyEvent", type="keyUp", **told)

    async def type(self, text: str) -> None:
        """Write a text where the focus is."""
        await self.command("Input.insertText", text=text)


@asynccontextmanager
async def browsing(program: str, folder: Path) -> AsyncIterator[Tab]:
    """A fresh browser with one page; `folder` is for what it writes."""
    with _started(program, f"--user-data-dir={folder}", "about:blank") as process:
        try:
            port = await until(lambda: _port(folder), "Chromium listens", timeout_s=60)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as response:
                    (page,) = [each for each in await response.json() if each["type"] == "page"]
                async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    tab = Tab(socket)
                    listening = asyncio.ensure_future(tab.listen())
                    for domain in ("Page", "Runtime", "Log"):
                        await tab.command(f"{domain}.enable")
                    yield tab
                    await socket.close()
                    await listening
        finally:
            process.kill()


def _started(program: str, *arguments: str) -> "subprocess.Popen[bytes]":
    quiet = subprocess.DEVNULL
    return subprocess.Popen([program, *_OPTIONS, *arguments], stdout=quiet, stderr=quiet)


def _port(folder: Path) -> int | None:
    file = folder / "DevToolsActivePort"
    lines = file.read_text().splitlines() if file.exists() else []
    return int(lines[0]) if lines else None
