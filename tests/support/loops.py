"""Tests on both event loops: asyncio's own and uvloop, which production runs on.

A conftest takes the hook over by importing it; a test module then asks with
`pytestmark = BOTH_LOOPS`. Everything else runs on asyncio's loop.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import pytest
import uvloop

LOOPS: Final[Mapping[str, Callable[[], asyncio.AbstractEventLoop]]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
BOTH_LOOPS: Final = pytest.mark.asyncio(loop_factories=list(LOOPS))


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """pytest-asyncio's hook."""
    marker = item.get_closest_marker("asyncio")
    is_asked = marker is not None and "loop_factories" in marker.kwargs
    return LOOPS if is_asked else {"asyncio": asyncio.new_event_loop}
