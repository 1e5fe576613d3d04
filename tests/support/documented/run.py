"""The commands of the documents, run on a pipeline at work: each once, some at a time."""

import asyncio
import itertools
import re
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from tests.support.documented.scene import PARTITIONS, PIPELINE, an_hour_ago, first_letters, round_of_letters
from tests.support.documented.table import CREW, ends_by_itself, has_said, put_in, stays
from tests.support.shell import Checkout, Shell
from tests.support.waiting import until
from tests.support.worker.accounts import AuditBook
from tests.support.worker.pages import SHOWN
from tests.support.worker.topic import Letter, produce, read_topic

_AT_A_TIME: Final = 3
_LONGEST_S: Final = 60.0
_CREW_SIZE: Final = 4
_PART: Final = 2 * PARTITIONS // _CREW_SIZE
_ROUND_S: Final = 0.5
_INTO_FILE: Final = re.compile(r"[^2]> (\S+)")
_ADDRESS: Final = re.compile(r"http://\S+/$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a command: `code` is None if it did not end.

    `output` is what it wrote into a file, if it did; `page` is what stood at its address.
    """

    code: int | None
    output: str
    errors: str
    page: str = ""


class Site:
    """One folder where commands run; the pages of the workers are at `admin_port` and the next ones."""

    def __init__(self, checkout: Checkout, servers: str, admin_port: int) -> None:
        self._checkout = checkout
        self._servers = servers
        self._workers = [f"http://127.0.0.1:{admin_port + number}" for number in range(_CREW_SIZE)]
        self._own = {
            "servers": servers,
            "admin": admin_port,
            "next_admin": admin_port + 1,
            "an_hour_ago": an_hour_ago(),
        }
        self._numbers = itertools.count(1)
        self._rounds = itertools.count()
        self._produced = 0

    async def run(self, commands: Sequence[str]) -> dict[str, Done]:
        """Run them all, each once, while `CREW` works; at the end what changes something."""
        assert (await self._to_its_end("kameleoon-pipeline topics apply")).code == 0
        crew = self._start(CREW)
        await until(lambda: crew.errors.count(SHOWN) == _CREW_SIZE, f"the pages of {CREW}", _LONGEST_S)
        await self._all_at_work()
        await self._produce(first_letters())
        done: dict[str, Done] = {}
        for group in _groups(commands):
            await self._all_at_work()
            await self._all_told()
            done |= await (self._while_they_work if stays(group[0]) else self._to_their_ends)(group)
        return done | {CREW: await self._interrupted(CREW, crew)}

    async def _all_at_work(self) -> None:
        """Return when each worker of the crew holds its part of the partitions."""
        held = 0
        async with asyncio.timeout(_LONGEST_S), aiohttp.ClientSession() as session:
            while held != _CREW_SIZE:
                told = [await _told(session, f"{url}/ready") for url in self._workers]
                held = sum(each["partitions"] == _PART for each in told)

    async def _all_told(self) -> None:
        """Return when everything that was produced has its outcomes."""
        complete = 0
        async with asyncio.timeout(_LONGEST_S):
            while complete < self._produced:
                book = AuditBook(PIPELINE)
                book.take(await read_topic(self._servers, "kameleoon-audit", PARTITIONS))
                complete = book.complete

    def _start(self, command: str) -> Shell:
        return self._checkout.start(put_in(command, self._own), f"command-{next(self._numbers)}")

    async def _produce(self, letters: list[Letter]) -> None:
        self._produced += len(letters)
        await produce(self._servers, "segment-events", letters)

    async def _to_their_ends(self, commands: Iterable[str]) -> dict[str, Done]:
        places = asyncio.Semaphore(_AT_A_TIME)

        async def one(command: str) -> tuple[str, Done]:
            async with places:
                return command, await self._to_its_end(command)

        return dict(await asyncio.gather(*map(one, commands)))

    async def _to_its_end(self, command: str) -> Done:
        """With a shell that stays until then, as a reader's does: `--install-completion` looks for it."""
        return await self._end_of(command, self._start(f"{command}\nexit $?"))

    async def _while_they_work(self, commands: Sequence[str]) -> dict[str, Done]:
        """Start them, let events pass until each has said what it has to, and interrupt them."""
        shells = {command: self._start(command) for command in commands}
        await self._feed_until(lambda: all(_is_done(command, shell) for command, shell in shells.items()))
        return {command: await self._interrupted(command, shell) for command, shell in shells.items()}

    async def _feed_until(self, condition: Callable[[], bool]) -> None:
        """Produce on and on; what has not come within the time limit will be missed in the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_S):
                while not condition():
                    await self._produce(round_of_letters(next(self._rounds)))
                    with suppress(TimeoutError):
                        await until(condition, "a sign of each", _ROUND_S)

    async def _interrupted(self, command: str, shell: Shell) -> Done:
        page = await _page_of(shell) if command.startswith("kameleoon-pipeline page") else ""
        if not ends_by_itself(command) and shell.is_running:
            shell.signal(signal.SIGINT)
        return await self._end_of(command, shell, page)

    async def _end_of(self, command: str, shell: Shell, page: str = "") -> Done:
        with suppress(TimeoutError):
            await shell.ended(_LONGEST_S)
        files = _INTO_FILE.findall(command)
        output = (self._checkout.folder / files[-1]).read_text() if files else shell.output
        return Done(shell.code, output, shell.errors, page)


def _groups(commands: Sequence[str]) -> list[list[str]]:
    """More workers first, as others have to give partitions away; last what puts dead letters back."""
    groups: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: []}
    for command in commands:
        if command == CREW:
            continue
        if stays(command):
            groups[1 if command.startswith("kameleoon-pipeline run") else 2].append(command)
        else:
            groups[4 if "--execute" in command else 3].append(command)
    return list(groups.values())


def _is_done(command: str, shell: Shell) -> bool:
    return not shell.is_running if ends_by_itself(command) else has_said(command, shell.said)


async def _told(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """What a worker's page says."""
    async with session.get(url) as response:
        told: dict[str, Any] = await response.json()
        return told


async def _page_of(shell: Shell) -> str:
    """What a browser gets from the address that the command has printed."""
    address = _ADDRESS.search(shell.output)
    if address is None:
        return ""
    async with aiohttp.ClientSession() as session, session.get(address[0]) as response:
        return f"{response.status} {await response.text()}"
