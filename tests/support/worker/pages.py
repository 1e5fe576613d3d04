"""The pages that a running worker shows: asked as Prometheus and an orchestrator ask."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.support.waiting import until
from tests.support.worker.process import Worker

SHOWN: Final = "metrics and health are shown"
ANY_PORT: Final = {"listen": "127.0.0.1:0"}
"""The section `admin` of a worker that shows its pages to a test."""


async def get(worker: Worker, page: str) -> tuple[int, str]:
    """Status and body of a page."""
    lines = await until(lambda: worker.said(SHOWN), "the pages are served")
    async with aiohttp.ClientSession() as session, session.get(lines[0]["url"] + page) as response:
        return response.status, await response.text()


class Scrape:
    """One reading of a worker's metrics."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples = [sample for family in families for sample in family.samples]

    def values(self, name: str, **labels: str) -> list[float]:
        """The values of the metric's samples that have these labels."""
        return [
            sample.value
            for sample in self._samples
            if sample.name == f"kameleoon_pipeline_{name}" and labels.items() <= sample.labels.items()
        ]


async def scraped(worker: Worker, condition: Callable[[Scrape], bool], timeout_s: float = 20.0) -> Scrape:
    """The first reading that fulfils a condition."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = Scrape((await get(worker, "/metrics"))[1])
            if condition(found):
                return found


async def readiness(worker: Worker, status: int, timeout_s: float = 20.0) -> dict[str, Any]:
    """What `/ready` says once it answers with this status."""
    async with asyncio.timeout(timeout_s):
        while True:
            found, body = await get(worker, "/ready")
            if found == status:
                told: dict[str, Any] = json.loads(body)
                return told
