"""The compose file, built and running."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack

_UP = ("up", "--detach", "--wait", "--wait-timeout", "400")


@pytest.fixture(scope="session")
def only_stack() -> Iterator[Stack]:
    """The one of the whole session."""
    stack = Stack()
    stack.compose("build")
    try:
        stack.compose(*_UP)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "45")


@pytest.fixture
def stack(only_stack: Stack) -> Stack:
    """The same, everything up and one worker, whatever the test before has stopped."""
    only_stack.compose(*_UP, "--scale", "worker=1")
    return only_stack
