"""The web server of the delivery page: files of this package and answers in JSON, to read only."""

import ipaddress
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from pipeline.adapters.delivery_page.answers import Answers, QuestionError

_FILES: Final = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/outcomes.js": ("outcomes.js", "text/javascript"),
    "/charts.js": ("charts.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "server": "kameleoon-pipeline",
    "x-content-type-options": "nosniff",
}
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LONGEST_LINE: Final = 16_384
"""A message id of 1,024 characters, each of them twelve in a path."""
_WRONG_HOST: Final = "This page does not answer to this name: see `page --allowed-host`.\n"
_LIVE: Final = "/live"


class CannotListenError(Exception):
    """The address cannot be listened on. The text says why."""


@asynccontextmanager
async def serving(answers: Answers, host: str, port: int, allowed: Iterable[str]) -> AsyncIterator[str]:
    """Serve the page for as long as the block runs; its address. Raises CannotListenError."""
    made = application(answers, host, allowed)
    runner = web.AppRunner(made, access_log=None, max_line_size=_LONGEST_LINE)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise CannotListenError(f"{host}, port {port}: {error.strerror or error}") from error
        name = f"[{host}]" if ":" in host else host
        yield f"http://{name}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def application(answers: Answers, host: str, allowed: Iterable[str] = ()) -> web.Application:
    """The page as it listens on `host`.

    On this machine's own address it answers to this machine's names and those that are allowed: a page
    elsewhere whose name is made to point here (DNS rebinding) reads nothing. So it does on another
    address where names are allowed; where none are, it answers to any.
    """
    made = web.Application(client_max_size=1024, middlewares=[_host_check(host, frozenset(allowed))])
    made.on_response_prepare.append(_add_headers)
    for path, (name, kind) in _FILES.items():
        made.router.add_get(path, _file(name, kind))
    _add_answers(made, answers)
    return made


def _add_answers(made: web.Application, answers: Answers) -> None:
    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def data(request: web.Request) -> web.Response:
        return _answer(lambda: answers.data(dict(request.query)))

    async def events(request: web.Request) -> web.Response:
        return _answer(lambda: answers.events(dict(request.query)))

    async def event(request: web.Request) -> web.Response:
        return _answer(lambda: answers.event(request.match_info["key"]))

    made.router.add_get(_LIVE, live)
    made.router.add_get("/data.json", data)
    made.router.add_get("/events.json", events)
    made.router.add_get(r"/event/{key:[\s\S]+}.json", event)


def _answer(find: Callable[[], bytes]) -> web.Response:
    try:
        return web.Response(body=find(), content_type="application/json")
    except QuestionError as error:
        return web.json_response({"error": str(error)}, status=web.HTTPBadRequest.status_code)


def _file(name: str, kind: str) -> Handler:
    body = (files(__package__) / name).read_bytes()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return answer


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _host_check(listens_on: str, allowed: frozenset[str]) -> Middleware:
    names = _LOOPBACK_NAMES | {_as_named(listens_on)} | allowed
    is_checked = _is_loopback(listens_on) or bool(allowed)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_probe = request.path == _LIVE  # asked for under the address of a container, and tells nothing
        if is_checked and not is_probe and _without_port(request.headers.get("host", "")) not in names:
            return web.Response(status=web.HTTPMisdirectedRequest.status_code, text=_WRONG_HOST)
        return await handler(request)

    return check


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _as_named(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()


def _without_port(host: str) -> str:
    """The name in a `Host` header: `[::1]:8088` is `[::1]`."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
