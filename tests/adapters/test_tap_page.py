"""The page `/tap`: for who has the token, on this machine; a slow or lost reader costs nobody anything."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.adapters import tap_page
from pipeline.adapters.tap_token import find_token, token_folders
from pipeline.core.outcome import Stage
from pipeline.engine.tapping import MOST_TAPS
from tests.support.tapped import Tapped, tapped


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def _token(found: Tapped) -> str:
    return find_token(int(found.url.rpartition(":")[2]), token_folders(os.environ))


def _tokens(folder: Path) -> list[Path]:
    return list(folder.rglob("*.token*"))


@asynccontextmanager
async def _asked(found: Tapped, query: str, **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
    given = headers or {"authorization": f"Bearer {_token(found)}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{found.url}/tap?{query}", headers=given) as response,
    ):
        yield response


async def _next(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next line that tells something."""
    while not (line := (await response.content.readline()).strip()):
        assert not response.content.at_eof()
    told: dict[str, Any] = json.loads(line)
    return told


async def test_events_are_shown_as_they_pass_and_the_worker_ends_the_stream(runtime: Path) -> None:
    async with tapped() as found:
        async with _asked(found, "stage=decode") as response:
            assert (response.status, response.content_type) == (200, "application/x-ndjson")
            await found.is_tapped()
            found.let_pass(1, 2)
            shown = [await _next(response), await _next(response)]
            assert [line["message_id"] for line in shown] == ["m-1", "m-2"]
            assert "canary" not in str(shown)
            found.let_pass(*range(3, 20))
            assert [(await _next(response)).get("not_shown") for _ in range(9)] == [None] * 8 + [9]
            await found.pages.stop()
            assert (await response.content.read()).strip() == b""
        assert not found.taps.is_any
    assert _tokens(runtime) == []


async def test_values_are_shown_to_who_asks_for_them() -> None:
    async with tapped() as found, _asked(found, "stage=decode&values=on") as response:
        await found.is_tapped()
        found.let_pass(1)
        assert (await _next(response))["contents"]["properties"] == {"email": "canary@example.com"}


@pytest.mark.parametrize(
    "headers, status, told",
    [
        ({"x-none": ""}, 401, "is asked for"),
        ({"authorization": ""}, 403, "not the token"),
        ({"authorization": "Bearer"}, 403, "not the token"),
        ({"authorization": "Bearer " + "a" * 43}, 403, "not the token"),
        ({"authorization": "Bearer é\udcff"}, 403, "not the token"),
    ],
)
async def test_without_the_token_nothing_is_shown(headers: dict[str, str], status: int, told: str) -> None:
    async with tapped() as found, _asked(found, "stage=decode&values=on", **headers) as response:
        assert response.status == status
        assert told in (await response.json())["error"]
        assert ("www-authenticate" in response.headers) is (status == 401)
        assert not found.taps.is_any


async def test_the_token_of_another_worker_is_none_of_this_one() -> None:
    async with tapped() as one, tapped() as other:
        headers = {"authorization": f"Bearer {_token(other)}"}
        async with _asked(one, "stage=decode", **headers) as response:
            assert response.status == 403


async def test_only_this_machine_may_tap_wherever_the_worker_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    async with tapped("0.0.0.0") as found:  # noqa: S104 (for the length of a test)
        async with _asked(found, "stage=decode") as response:
            assert response.status == 200
        monkeypatch.setattr(tap_page, "is_here", lambda _: False)
        async with _asked(found, "stage=decode") as response:
            assert response.status == 403
            assert "on the machine of the worker" in (await response.json())["error"]


def test_this_machine_is_known_by_the_address_of_the_other_end() -> None:
    here = ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1")
    elsewhere = ("10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0")
    assert [tap_page.is_here((address, 1)) for address in here + elsewhere] == [True] * 4 + [False] * 3
    assert not tap_page.is_here(None)
    assert not tap_page.is_here("")


async def test_what_is_no_question_is_told_in_words() -> None:
    async with tapped() as found, _asked(found, "stage=everything") as response:
        assert response.status == 400
        assert "stage is one of source, decode" in (await response.json())["error"]


async def test_a_few_may_tap_at_a_time_and_who_has_gone_makes_room() -> None:
    async with tapped() as found:
        opened = [_asked(found, "stage=audit") for _ in range(MOST_TAPS)]
        for each in opened:
            assert (await each.__aenter__()).status == 200
        async with _asked(found, "stage=audit") as response:
            assert response.status == 503
            assert "4 others tap" in (await response.json())["error"]
        for each in opened:
            await each.__aexit__(None, None, None)
        await found.is_tapped(still=False)
        async with _asked(found, "stage=audit") as response:
            assert response.status == 200


async def test_a_reader_that_sleeps_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap_page, "_LONGEST_WRITE_S", 0.2)
    async with tapped() as found:
        async with _asked(found, "stage=source&values=on&per_second=1000") as response:
            response.content._protocol.pause_reading()
            await found.is_tapped()
            numbers = iter(range(10**9))
            while found.taps.is_any:
                found.let_pass(next(numbers), properties={"text": "x" * 60_000})
                await asyncio.sleep(0)
            response.content._protocol.resume_reading()
            with pytest.raises(aiohttp.ClientError):  # it is cut off: its end is not waited for either
                await response.content.read()
        assert next(numbers) > 10


async def test_a_worker_that_cannot_keep_a_token_says_so_once_and_serves_its_other_pages(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(runtime / "away"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / "away"))
    async with tapped() as found:
        async with _asked(found, "stage=audit", authorization="Bearer x") as response:
            assert response.status == 503
            assert "could not keep a token" in (await response.json())["error"]
        async with aiohttp.ClientSession() as session, session.get(found.url + "/ready") as response:
            assert response.status == 200
    assert [line["event"] for line in found.logs] == [
        "events cannot be tapped",
        "metrics and health are shown",
    ]
    assert "No such file or directory" in found.logs[0]["detail"]


async def test_no_line_of_the_log_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    async with tapped() as found:
        token = _token(found)
        for query in (f"stage=decode&event={token}", f"stage={token}", f"stage=decode&{token}=1"):
            async with _asked(found, query) as response:
                assert token not in str(response.headers)
    assert found.logs
    assert token not in str(found.logs) + caplog.text


@pytest.mark.parametrize("stage", Stage)
async def test_every_stage_may_be_tapped(stage: Stage) -> None:
    async with tapped() as found, _asked(found, f"stage={stage}") as response:
        assert response.status == 200
