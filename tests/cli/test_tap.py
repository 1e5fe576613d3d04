"""The verb `tap`: events of running workers, one line each, until it has enough or nobody is left."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from tests.support.tapped import Tapped, tapped

NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
async def found() -> AsyncIterator[Tapped]:
    async with tapped() as pages:
        yield pages


async def _tap(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["tap", *arguments])


async def test_programs_get_one_line_of_json_an_event(found: Tapped) -> None:
    tapping = asyncio.create_task(_tap("decode", "--json", "--limit", "2", "--url", found.url))
    await found.is_tapped()
    found.let_pass(1, 2, 3)
    result = await tapping
    assert (result.exit_code, result.stderr) == (ExitCode.FINE, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["message_id"] for line in lines] == ["m-1", "m-2"]
    assert lines[0]["contents"]["properties"] == {"email": "string(18)"}
    assert "canary" not in result.stdout


async def test_people_get_one_plain_line_an_event(found: Tapped) -> None:
    tapping = asyncio.create_task(_tap("validate", "--limit", "2", "--url", found.url))
    await found.is_tapped()
    found.let_pass(1)
    found.let_pass(2, event="\x1b[31m\u202e", timestamp="never")
    result = await tapping
    assert result.exit_code == ExitCode.FINE
    first, second = result.stdout.splitlines()
    assert '  segment-events-0@1  track  "Order"  m-1  → Track Calls  {' in first
    assert "rejected  invalid_payload" in second
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "canary" not in result.stdout


async def test_values_come_to_who_asks_for_them(found: Tapped) -> None:
    tapping = asyncio.create_task(_tap("decode", "--values", "--limit", "1", "--url", found.url))
    await found.is_tapped()
    found.let_pass(1)
    assert '{"email": "canary@example.com"}' in (await tapping).stdout


async def test_what_was_left_out_is_told_on_standard_error(found: Tapped) -> None:
    arguments = ("source", "--per-second", "2", "--message-id", "m-1", "--event", "Order", "--url", found.url)
    tapping = asyncio.create_task(_tap(*arguments))
    await found.is_tapped()
    found.let_pass(*[1] * 1500, 2)
    await asyncio.sleep(0)
    await found.pages.stop()
    result = await tapping
    assert result.exit_code == ExitCode.UNREACHABLE
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.splitlines() == ["1,498 not shown", f"{found.url}: the worker has ended"]


async def test_several_workers_are_tapped_together_and_one_that_is_away_is_told(found: Tapped) -> None:
    async with tapped() as other:
        urls = ("--url", found.url, "--url", other.url, "--url", NOBODY)
        tapping = asyncio.create_task(_tap("source", "--json", "--limit", "2", *urls))
        await found.is_tapped()
        await other.is_tapped()
        found.let_pass(1)
        other.let_pass(2)
        result = await tapping
    assert result.exit_code == ExitCode.FINE
    assert {json.loads(line)["offset"] for line in result.stdout.splitlines()} == {1, 2}
    assert f"{NOBODY}: no token of a worker at port 1" in result.stderr


async def test_without_a_worker_the_code_tells(found: Tapped) -> None:
    await found.pages.stop()
    result = await _tap("source", "--url", found.url)
    assert result.exit_code == ExitCode.USAGE
    assert "tap where the worker runs" in result.stderr


def _rename(folder: Path, before: str, after: str) -> None:
    for file in folder.rglob(f"*{before}"):
        file.rename(file.with_suffix(after))


async def test_a_worker_that_was_killed_is_away(found: Tapped, runtime: Path) -> None:
    """It leaves its token."""
    _rename(runtime, ".token", ".left")
    await found.pages.stop()
    _rename(runtime, ".left", ".token")
    result = await _tap("source", "--url", found.url)
    assert (result.exit_code, result.stderr) == (
        ExitCode.UNREACHABLE,
        f"{found.url}: Connection refused\n",
    )


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["mapp"], "mapp: there is no such stage; there is source, decode, trigger, map, validate, batch"),
        (["audit", "--outcome", "done"], "done: there is no such outcome; there is delivered, filtered"),
        (["source", "--mapping", "Orders"], "no mapping has been looked at"),
        (["batch", "--outcome", "failed"], "no event ends at batch"),
        (["audit", "--url", "http://192.0.2.1:9464"], "on their own machine"),
        (["audit", "--url", "http://example.com:9464"], "on their own machine"),
        (["audit", "--url", "127.0.0.1:9464"], "write such as http://127.0.0.1:9464"),
        (["audit", "--url", NOBODY, "--workers", "2"], "give either --url"),
    ],
)
async def test_what_cannot_be_asked_is_told_and_the_token_stays_here(arguments: list[str], told: str) -> None:
    if "--url" not in arguments:
        arguments = [*arguments, "--url", NOBODY]
    result = await _tap(*arguments)
    assert (result.exit_code, told in result.stderr) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("ended_by, code", [("SIGINT", ExitCode.FINE), ("closed", ExitCode.READER_GONE)])
async def test_it_ends_quietly_by_an_interrupt_and_with_its_reader(
    found: Tapped, ended_by: str, code: ExitCode
) -> None:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pipeline.cli.main", "tap", "source", "--url", found.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
    )
    try:
        await found.is_tapped()
        found.let_pass(1)
        assert running.stdout is not None
        assert b"m-1" in await running.stdout.readline()
        if ended_by == "SIGINT":
            running.send_signal(signal.SIGINT)
        else:
            running.stdout._transport.close()  # type: ignore[attr-defined]  # as a pipe's other end does
            found.let_pass(2)
        assert running.stderr is not None
        assert (await running.wait(), await running.stderr.read()) == (code, b"")
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
