"""The HTTP destinations and its credentials: the question about the key, and new ones while it runs."""

import json
from base64 import b64encode

import pytest

from pipeline.core.credentials import Credentials
from pipeline.core.exchange import Answer, NoAnswer, NoAnswerKind
from tests.support.http_client import API_KEY, EACH_CLIENT, SITECODE, http_destination
from tests.support.loops import BOTH_LOOPS
from tests.support.raw_server import Peer, raw_server

pytestmark = [BOTH_LOOPS, EACH_CLIENT]

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
BODY = b'{"type":"track"}'


async def test_credentials_are_probed_without_headers_that_hold_them() -> None:
    """Reference: 6.2."""
    seen: list[tuple[str, dict[str, str], bytes]] = []

    async def serve(peer: Peer) -> None:
        seen.append(await peer.request())
        await peer.write(OK)

    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        assert await destination.check_credentials() == Answer(200, None, b"{}")
    line, headers, _ = seen[0]
    assert line == "GET /segmentio/getapikey?id=a&secret=b HTTP/1.1"
    assert not {"authorization", "x-segment-settings", "content-type"} & headers.keys()


async def test_a_redirect_takes_the_key_nowhere() -> None:
    async def redirect(peer: Peer) -> None:
        for _ in range(2):
            await peer.request()
            await peer.write(
                b"HTTP/1.1 307 Elsewhere\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n"
                % elsewhere.endpoint.encode()
            )

    async def serve(peer: Peer) -> None:
        await peer.gone()

    async with (
        raw_server(serve) as elsewhere,
        raw_server(redirect) as server,
        http_destination(server.endpoint) as destination,
    ):
        answers = [await destination.check_credentials(), await destination.send(BODY)]
        assert answers == [Answer(307), Answer(307)]
        assert elsewhere.connections == 0


async def test_a_query_cannot_break_out_of_its_line() -> None:
    seen: list[str] = []

    async def serve(peer: Peer) -> None:
        seen.append((await peer.request())[0])
        await peer.write(OK)

    key = b64encode(json.dumps({"id": 'a b\r\nx: "y"#<>\u00e9', "k": "%41+"}).encode()).decode()
    async with raw_server(serve) as server, http_destination(server.endpoint, api_key=key) as destination:
        await destination.check_credentials()
    assert seen == [
        "GET /segmentio/getapikey?id=a%20b%0D%0Ax:%20%22y%22%23%3C%3E%C3%A9&k=%41+ HTTP/1.1",
    ]


async def test_new_credentials_go_out_with_the_next_request() -> None:
    seen: list[tuple[str, dict[str, str]]] = []

    async def serve(peer: Peer) -> None:
        for _ in range(3):
            line, headers, _body = await peer.request()
            seen.append((line, headers))
            await peer.write(OK)

    key = b64encode(b'{"k":"v"}').decode()
    async with raw_server(serve) as server, http_destination(server.endpoint) as destination:
        await destination.send(BODY)
        destination.use(Credentials(key, "abcdefghij"))
        await destination.send(BODY)
        await destination.check_credentials()
        assert server.connections == 1
    sent = [(headers["authorization"], headers["x-segment-settings"]) for _, headers in seen[:2]]
    assert sent == [(f"Basic {API_KEY}", SITECODE), (f"Basic {key}", "abcdefghij")]
    assert seen[2][0] == "GET /segmentio/getapikey?k=v HTTP/1.1"


async def test_credentials_that_no_header_can_hold_leave_the_old_ones() -> None:
    async with http_destination("http://localhost/") as destination:
        with pytest.raises(ValueError, match="header"):
            destination.use(Credentials("a\r\nx: y", SITECODE))


async def test_a_key_that_cannot_be_asked_about_is_no_answer() -> None:
    async with http_destination("http://localhost/", api_key="a2V5") as destination:
        exchange = await destination.check_credentials()
    assert isinstance(exchange, NoAnswer)
    assert (exchange.kind, exchange.bytes_written) == (NoAnswerKind.PROTOCOL, False)
