"""The compose file, built and running."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = Stack()
    stack.compose("build")
    try:
        stack.compose("up", "--detach", "--wait", "--wait-timeout", "400")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "45")
