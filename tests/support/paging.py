"""The verb `page` as a process of its own."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.cli.exits import ExitCode
from tests.support.tree import ROOT

_PATIENCE_S = 30


@contextmanager
def paging(config: object, *options: str) -> Iterator[str]:
    """A running page at a free port; its address. It ends in order, and complains of nothing."""
    command = [sys.executable, "-m", "pipeline.cli.main", "page", "--config", str(config)]
    command += ["--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as page:
        try:
            assert page.stdout is not None
            yield page.stdout.readline().split()[-1]
            page.send_signal(signal.SIGTERM)
            assert page.wait(timeout=_PATIENCE_S) == ExitCode.FINE
            assert page.stderr is not None
            assert page.stderr.read() == ""
        finally:
            page.kill()


def read_page(url: str) -> str:
    """What stands at an address of the page."""
    with urllib.request.urlopen(url, timeout=_PATIENCE_S) as response:  # noqa: S310 (the page of a test)
        return str(response.read().decode())


def once(url: str, condition: Callable[[Any], bool]) -> Any:
    """The JSON there, as soon as it is so."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while not condition(found := json.loads(read_page(url))):
        assert time.monotonic() < deadline_s, found
    return found
