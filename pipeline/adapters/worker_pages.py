"""The pages of running workers, read: what `top` looks at."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from math import isfinite
from typing import Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from pipeline.adapters.aiohttp_errors import why_not_connected
from pipeline.core.metrics import METRICS, Metric, MetricKind
from pipeline.core.top.reading import Away, Labels, Look, Looks, Scrape
from pipeline.ports import Clock

_TIMEOUT_S: Final = 2.0
_NUMBERS: Final = {metric.name: metric for metric in METRICS if metric.kind is not MetricKind.HISTOGRAM}
_OK: Final = 200
_READINESS: Final = (_OK, 503)
_NO_WORKER: Final = "what answers there is no worker of this version"


class WorkerPages:
    """The workers behind these URLs; made by `open_worker_pages`."""

    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str], clock: Clock) -> None:
        self._session = session
        self._urls = urls
        self._clock = clock
        self._before: list[Look | None] = [None] * len(urls)

    async def look(self) -> tuple[Looks, ...]:
        """What each worker tells now, in the order of the URLs, beside what it told the last time."""
        now = await asyncio.gather(*(self._ask(url) for url in self._urls))
        found = tuple(map(Looks, self._urls, now, self._before))
        self._before = list(now)
        return found

    async def _ask(self, url: str) -> Look:
        try:
            text = await self._get(f"{url}/metrics", _OK)
            at_s = self._clock.monotonic_s()
            values = dict(_values(text))
            is_ready, because = _readiness(await self._get(f"{url}/ready", *_READINESS))
        except TimeoutError:
            return Away(f"no answer within {_TIMEOUT_S:g} s")
        except aiohttp.ClientConnectorError as error:
            return Away(why_not_connected(error))
        except aiohttp.ClientError as error:
            return Away(f"no answer: {type(error).__name__}")
        except (ValueError, LookupError, TypeError):
            return Away(_NO_WORKER)
        return Scrape(at_s, values, is_ready, because) if values else Away(_NO_WORKER)

    async def _get(self, url: str, *statuses: int) -> str:
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status not in statuses:
                raise ValueError(f"status {response.status}")
            return await response.text()


@asynccontextmanager
async def open_worker_pages(urls: Sequence[str], clock: Clock) -> AsyncIterator[WorkerPages]:
    """Readers of the pages below these URLs, such as `http://127.0.0.1:9464`."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield WorkerPages(session, urls, clock)


def _values(text: str) -> Iterator[tuple[tuple[Metric, Labels], float]]:
    """The numbers among our metrics. Raises what the parser raises where the text is another format."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            metric = _NUMBERS.get(sample.name)
            if metric is not None and isfinite(sample.value):
                yield (metric, tuple(sample.labels[label] for label in metric.labels)), float(sample.value)


def _readiness(text: str) -> tuple[bool, tuple[str, ...]]:
    told = json.loads(text)
    return bool(told["ready"]), tuple(map(str, told["because"]))
