"""Every command of the README and of docs/ is run as it is written there, on a pipeline at work.

All are run once, then each is judged in a test of its own.
"""

import asyncio
import re
from pathlib import Path

import pytest

from pipeline.adapters.sandbox import Sandbox, SandboxSettings
from tests.support.documented.commands import commands
from tests.support.documented.run import Done, Site
from tests.support.documented.scene import furnish
from tests.support.documented.table import exit_code, has_said, is_run, stays
from tests.support.kafka.cluster import Cluster, free_ports
from tests.support.shell import Checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # what all of them need together

_RUN = [command for command in commands() if is_run(command)]
_PAGES = [command for command in _RUN if command.startswith("kameleoon-pipeline page")]
_MISTAKE = re.compile(r"Traceback|Usage:|Error:|No such|does not exist|not found")


@pytest.fixture(scope="module")
def done(node_for_all: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """What became of each command."""
    return asyncio.run(_run_all(node_for_all.bootstrap_servers, tmp_path_factory.mktemp("documented")))


async def _run_all(servers: str, folder: Path) -> dict[str, Done]:
    (port,) = free_ports(1)
    checkout = Checkout(folder)
    async with Sandbox(SandboxSettings(port=0)) as sandbox:
        furnish(checkout, servers, sandbox.endpoint, port)
        try:
            return await Site(checkout, servers, port).run(_RUN)
        finally:
            checkout.clear_away()


@pytest.mark.parametrize("command", _RUN)
def test_it_does_what_its_page_says(done: dict[str, Done], command: str) -> None:
    found = done[command]
    assert found.code == exit_code(command), found
    assert has_said(command, found.output + found.errors), found
    if stays(command):
        assert not _MISTAKE.search(found.errors), found.errors
    else:
        assert found.errors == ""


@pytest.mark.parametrize("command", _PAGES)
def test_a_page_is_there(done: dict[str, Done], command: str) -> None:
    assert done[command].page.lower().startswith("200 <!doctype html>")
