from tests.support.http_client import each_client as each_client  # noqa: PLC0414 (pytest finds the fixture here)
from tests.support.loops import pytest_asyncio_loop_factories as pytest_asyncio_loop_factories  # noqa: PLC0414 (pytest finds the hook here)
