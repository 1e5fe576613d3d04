from tests.support.loops import pytest_asyncio_loop_factories as pytest_asyncio_loop_factories  # noqa: PLC0414 (pytest finds the hook here)
