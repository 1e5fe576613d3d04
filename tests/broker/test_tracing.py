"""Traces of a real worker: from the producer's header over each request to the dead letter."""

from typing import Any, Final

import pytest

from tests.support.collector import Told, collecting
from tests.support.waiting import until
from tests.support.worker.events import letter, track
from tests.support.worker.scene import Scene
from tests.support.worker.topic import Letter

pytestmark = pytest.mark.kafka

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
PARENT: Final = "b7ad6b7169203331"
ON: Final = f"00-{TRACE}-{PARENT}-01".encode()
OFF: Final = f"00-{'1' * 32}-{PARENT}-00".encode()
CANARY: Final = {"canary": "canary"}


def _traced(number: int, parent: bytes, **story: Any) -> Letter:
    made = letter(track(number, properties={**CANARY, "sandbox": story}), 0)
    return Letter(
        made.value, made.key, 0, (("traceparent", parent), ("tracestate", b"vendor=1"), ("x", b"y"))
    )


async def test_a_trace_goes_from_the_producer_to_kameleoon_and_to_the_dead_letter(scene: Scene) -> None:
    async with collecting() as collector:
        tracing = {"endpoint": collector.endpoint, "sample_ratio": "0", "service_name": "shop"}
        worker = await scene.started(scene.config(tracing=tracing))
        await scene.produce(
            [
                _traced(1, ON, status="503, 200"),
                _traced(2, ON, status="400"),
                _traced(3, OFF),
                _traced(4, b"00-not-a-trace"),
            ]
        )
        await scene.accounted(4)
        assert await worker.stop() == 0
        await until(lambda: len(collector.spans) >= 5, "the spans have come")

    journeys = {span.attributes["messaging.message.id"]: span for span in collector.named(_journey(scene))}
    assert set(journeys) == {"m-1", "m-2"}
    assert {(span.trace, span.parent, span.state) for span in journeys.values()} == {
        (TRACE, PARENT, "vendor=1")
    }
    _check_journeys(journeys, collector.spans)
    sent = {span.id for span in collector.named("POST")}
    assert len(sent) == 3
    assert "canary" not in repr(collector.spans)
    (dead,) = await scene.dead_letters()
    assert dict(dead.headers)["traceparent"].decode() == f"00-{TRACE}-{journeys['m-2'].id}-01"
    assert (dict(dead.headers)["tracestate"], dict(dead.headers)["x"]) == (b"vendor=1", b"y")
    assert worker.said("the collector does not take traces") == []


def _journey(scene: Scene) -> str:
    return f"process {scene.kafka.topics.events}"


def _check_journeys(journeys: dict[str, Told], spans: list[Told]) -> None:
    taken, refused = journeys["m-1"], journeys["m-2"]
    assert taken.attributes["kameleoon.outcome"] == "delivered"
    assert (taken.attributes["kameleoon.attempts"], taken.is_error) == (2, False)
    assert refused.attributes["kameleoon.reason"] == "refused"
    assert (refused.attributes["http.response.status_code"], refused.is_error) == (400, True)
    below = [span for span in spans if span.parent == taken.id]
    assert sorted(span.attributes["http.response.status_code"] for span in below) == [200, 503]


async def test_a_collector_that_is_away_costs_no_event_and_few_lines(scene: Scene) -> None:
    """Nor does it come in the way of a stop."""
    tracing = {"endpoint": "http://127.0.0.1:1/v1/traces", "sample_ratio": "1"}
    worker = await scene.started(scene.config(tracing=tracing))
    await scene.produce([_traced(number, ON) for number in range(2000)])
    await scene.accounted(2000)
    assert await worker.stop() == 0
    (await scene.account()).check()
    assert len(worker.said("the collector does not take traces")) <= 1
    assert len(worker.said("more is traced than the collector takes: some is left out")) <= 1
    assert "opentelemetry" not in worker.log_file.read_text()
