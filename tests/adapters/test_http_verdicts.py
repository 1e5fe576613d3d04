"""A 200 may mean no: from the configuration over HTTP to the verdict, wired as a worker has it."""

import pytest

from pipeline.adapters.kameleoon import kameleoon
from pipeline.bootstrap import delivery_policy
from pipeline.core.verdict import Accepted, Refused, Throttled, Verdict, judge
from tests.support.configuration import config
from tests.support.loops import BOTH_LOOPS
from tests.support.raw_server import Peer, raw_server

pytestmark = BOTH_LOOPS

RULES = """\
delivery:
  endpoint: {endpoint}
  verdicts:
    - status: 2xx
      body: [{{pointer: /errors/0/code, equals: bad}}]
      verdict: refused
    - status: 2xx
      headers: [{{name: X-Reason, contains: quota}}]
      verdict: throttled
"""


@pytest.mark.parametrize(
    "header, body, verdict",
    [
        ("x-reason: none", b'{"errors":[{"code":"bad"}]}', Refused()),
        ("x-reason: none", b'{"errors":[{"code":"good"}]}', Accepted()),
        ("X-REASON: daily quota", b"{}", Throttled("7")),
        ("x-other: quota", b"{}", Accepted()),
    ],
)
async def test_a_worker_judges_by_the_rules_of_its_configuration(
    header: str, body: bytes, verdict: Verdict
) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        head = f"HTTP/1.1 200 OK\r\n{header}\r\nretry-after: 7\r\ncontent-length: {len(body)}\r\n\r\n"
        await peer.write(head.encode() + body)
        await peer.gone()

    async with raw_server(serve) as server:
        loaded = config(RULES.format(endpoint=server.endpoint))
        destination = kameleoon(loaded, connections=1)
        exchange = await destination.send(b"{}")
        await destination.close()
    assert judge(exchange, delivery_policy(loaded.delivery).rules) == verdict
