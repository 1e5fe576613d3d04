"""The idiomatic agent: python -m bench.contenders.faust_agent SERVERS TOPIC GROUP URL FOLDER."""

import sys
from typing import Any, Final

import aiohttp
import faust
import orjson
import uvloop

from pipeline.core.request import request_headers

_CONCURRENCY: Final = 64
_SENT: Final = frozenset({"track", "page", "identify", "group"})
_KEPT: Final = ("type", "messageId", "timestamp", "context", "anonymousId", "userId", "groupId")


def _body(event: dict[str, Any]) -> bytes:
    """What the presets send of an event."""
    given = event.get("properties") or event.get("traits") or {}
    code = given.get("kameleoonVisitorCode") or event.get("context", {}).get("traits", {}).get(
        "kameleoonVisitorCode"
    )
    body: dict[str, Any] = {key: event[key] for key in _KEPT if key in event}
    body["properties"] = {**given, "kameleoonVisitorCode": code} if code else given
    if name := event.get("event") or event.get("name"):
        body["event"] = name
    return orjson.dumps(body)


def _app(servers: str, topic: str, group: str, url: str, folder: str) -> faust.App:
    app = faust.App(
        group,
        broker=f"aiokafka://{servers}",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        web_enabled=False,
        datadir=folder,
    )
    headers = request_headers("eyJpZCI6ImJlbmNoIn0=", "bench12345", "bench")
    sessions: list[aiohttp.ClientSession] = []

    @app.agent(app.topic(topic, value_type=bytes), concurrency=_CONCURRENCY)  # type: ignore[untyped-decorator]  # faust has no types
    async def deliver(events: faust.StreamT[bytes]) -> None:
        if not sessions:
            connector = aiohttp.TCPConnector(limit=_CONCURRENCY)
            sessions.append(aiohttp.ClientSession(connector=connector, headers=headers))
        async for value in events:
            event = orjson.loads(value)
            if event["type"] in _SENT:
                async with sessions[0].post(url, data=_body(event)) as answer:
                    await answer.read()

    return app


if __name__ == "__main__":
    faust.Worker(
        _app(*sys.argv[1:]), loop=uvloop.new_event_loop(), loglevel="warning"
    ).execute_from_commandline()
