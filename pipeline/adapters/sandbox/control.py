"""The sandbox's own door, `/_sandbox/…`: what it received, counts, and faults to set."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from pipeline.adapters.sandbox.judgement import Judge
from pipeline.adapters.sandbox.memory import Memory
from pipeline.adapters.sandbox.stories import Faults, Mistake, read_faults

_DEFAULT_LIMIT: Final = 1000


def control_routes(judge: Judge, memory: Memory) -> list[web.RouteDef]:
    """The routes; `GET /_sandbox/requests?since=SEQ&limit=N` pages by request number.

    They answer to addresses and to names without a dot. A website can have a browser on this machine ask
    under a name of its own that it points here (DNS rebinding), and would read whole events.
    """
    control = _Control(judge, memory)
    return [
        web.get("/_sandbox/requests", _for_own_names(control.requests)),
        web.delete("/_sandbox/requests", _for_own_names(control.forget)),
        web.get("/_sandbox/counts", _for_own_names(control.counts)),
        web.get("/_sandbox/faults", _for_own_names(control.faults)),
        web.put("/_sandbox/faults", _for_own_names(control.set_faults)),
        web.delete("/_sandbox/faults", _for_own_names(control.clear_faults)),
    ]


def _for_own_names(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        if not _is_own(request.headers.get("host", "")):
            error = "ask by an address, or by a name without a dot such as localhost"
            return _answer({"error": error}, status=web.HTTPMisdirectedRequest.status_code)
        return await handler(request)

    return answer


def _is_own(host: str) -> bool:
    """Whether a `Host` header holds an address, or a name without a dot."""
    name = host.partition(":")[0]
    if host.startswith("[") or "." not in name:
        return True
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


class _Control:
    def __init__(self, judge: Judge, memory: Memory) -> None:
        self._judge = judge
        self._memory = memory

    async def requests(self, request: web.Request) -> web.Response:
        since, limit = _number(request.query, "since", 0), _number(request.query, "limit", _DEFAULT_LIMIT)
        if since is None or limit is None:
            return _answer({"error": "since and limit are whole numbers"}, status=400)
        page = self._memory.since(since, limit)
        following = page[-1].seq if page else since
        return _answer({"requests": [received.as_json() for received in page], "next": following})

    async def forget(self, _: web.Request) -> web.Response:
        self._memory.forget()
        self._judge.forget()
        return web.Response(status=204)

    async def counts(self, _: web.Request) -> web.Response:
        return _answer(self._memory.counts())

    async def faults(self, _: web.Request) -> web.Response:
        return _answer(self._judge.faults.as_json())

    async def set_faults(self, request: web.Request) -> web.Response:
        try:
            faults = read_faults(orjson.loads(await request.read()))
        except orjson.JSONDecodeError:
            faults = Mistake("the body is not JSON")
        if isinstance(faults, Mistake):
            return _answer({"error": faults.text}, status=400)
        self._judge.faults = faults
        return _answer(faults.as_json())

    async def clear_faults(self, _: web.Request) -> web.Response:
        self._judge.faults = Faults()
        return web.Response(status=204)


def _number(query: Mapping[str, str], name: str, default: int) -> int | None:
    text = query.get(name, str(default))
    return int(text) if text.isdecimal() and len(text) < len(str(2**53)) else None


def _answer(value: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
