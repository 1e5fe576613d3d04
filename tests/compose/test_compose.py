"""The compose file from the outside: events in, audit out, an orderly end."""

import asyncio
import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from pipeline.core.visitor_key import visitor_key
from tests.support.stack import Stack
from tests.support.tree import ROOT
from tests.support.waiting import until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

_EVENTS = 20
_SAMPLES = ROOT / "pipeline" / "samples"


def event(number: int) -> bytes:
    """A track event that the sandbox takes."""
    return json.dumps(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"message-{number}",
            "userId": f"user-{number % 3}",
            "timestamp": "2026-01-02T03:04:05.678Z",
            "properties": {"kameleoonVisitorCode": f"visitor-{number % 3}"},
        }
    ).encode()


async def produce(stack: Stack, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=f"localhost:{stack.kafka_port}")
    await producer.start()
    try:
        for value in values:
            await producer.send("segment-events", value, key=visitor_key(value))
        await producer.flush()
    finally:
        await producer.stop()


async def read_audit(stack: Stack, count: int) -> list[dict[str, Any]]:
    """The outcomes of so many records, each of one mapping at most."""
    consumer = AIOKafkaConsumer(
        "kameleoon-audit",
        bootstrap_servers=f"localhost:{stack.kafka_port}",
        auto_offset_reset="earliest",
    )
    outcomes: list[dict[str, Any]] = []
    places: set[tuple[int, int]] = set()
    await consumer.start()
    try:
        async with asyncio.timeout(120):
            while len(places) < count:
                record = json.loads((await consumer.getone()).value)
                if "outcome" in record:
                    outcomes.append(record)
                    places.add((record["source"]["partition"], record["source"]["offset"]))
    except TimeoutError:
        raise AssertionError(f"outcomes of {len(places)} of {count} records\n{stack.logs()}") from None
    finally:
        await consumer.stop()
    return outcomes


def reconciled(stack: Stack) -> str:
    """What `reconcile` says, from within the stack; it raises where something is missing or double."""
    return stack.compose(
        "run",
        "--rm",
        "--no-deps",
        "--no-TTY",
        "topics",
        "reconcile",
        "--config",
        "/etc/kameleoon-pipeline.yaml",
    )


def read_json(address: str) -> Any:
    with urlopen(address) as answer:  # noqa: S310 (a port of the stack)
        return json.load(answer)


def asked(stack: Stack, page: str, **parameters: str) -> Any:
    """The data of one page of Prometheus's API."""
    address = f"http://127.0.0.1:{stack.prometheus_port}/api/v1/{page}?{urlencode(parameters)}"
    return read_json(address)["data"]


def workers_up(stack: Stack) -> float:
    (sample,) = asked(stack, "query", query='sum(up{job="kameleoon-pipeline"}) or vector(0)')["result"]
    return float(sample["value"][1])


def queries() -> list[str]:
    """Every query of every panel."""
    boards = [json.loads(path.read_text()) for path in sorted((ROOT / "deploy/grafana/dashboards").iterdir())]
    return [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]


def received(stack: Stack) -> int:
    return len(read_json(f"http://127.0.0.1:{stack.sandbox_port}/_sandbox/requests")["requests"])


def test_prometheus_knows_the_rules_and_they_fire_when_they_should(stack: Stack) -> None:
    """The rules' own tests lie beside them."""
    stack.compose(
        "exec", "--no-TTY", "prometheus", "promtool", "test", "rules", "/etc/prometheus/tests/alerts.yaml"
    )
    groups = asked(stack, "rules")["groups"]
    assert [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"] == []
    assert len(groups) == 1


async def test_prometheus_finds_every_worker(stack: Stack) -> None:
    stack.compose("up", "--detach", "--wait", "--wait-timeout", "400", "--scale", "worker=2")
    await until(lambda: workers_up(stack) == 2, "two workers that Prometheus sees", 90)


def test_the_delivery_page_is_served(stack: Stack) -> None:
    with urlopen(f"http://127.0.0.1:{stack.page_port}/") as answer:
        assert b"<!doctype html>" in answer.read().lower()


def test_dashboards_are_provisioned_and_their_queries_are_answered(stack: Stack) -> None:
    """As a visitor who has not logged in, through Grafana's data source."""
    grafana = f"http://127.0.0.1:{stack.grafana_port}/api"
    found = {board["uid"] for board in read_json(f"{grafana}/search?type=dash-db")}
    assert found == {"kameleoon-delivery", "kameleoon-performance", "kameleoon-reliability"}
    for query in queries():
        shown = urlencode({"query": query.replace("$__rate_interval", "1m")})
        assert (
            read_json(f"{grafana}/datasources/proxy/uid/prometheus/api/v1/query?{shown}")["status"]
            == "success"
        )


async def test_every_event_from_outside_is_audited_through_a_kill_and_a_scaling(stack: Stack) -> None:
    """Made events; then what SDKs sent: half of it, SIGKILL, the rest, three workers; an end in order."""
    await produce(stack, [*(event(number) for number in range(_EVENTS)), b"not an event"])
    outcomes = await read_audit(stack, _EVENTS + 1)
    assert Counter(record["outcome"] for record in outcomes) == {"delivered": _EVENTS, "rejected": 1}
    assert received(stack) == _EVENTS

    captured = [line for path in sorted(_SAMPLES.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    await produce(stack, captured[: len(captured) // 2])
    await read_audit(stack, _EVENTS + 51)
    stack.compose("kill", "--signal", "SIGKILL", "worker")
    await produce(stack, captured[len(captured) // 2 :])
    stack.compose("up", "--detach", "--wait", "--wait-timeout", "400", "--scale", "worker=3")
    count = _EVENTS + 1 + len(captured)
    await read_audit(stack, count)
    assert f"Every one of {count:,} records is accounted for." in reconciled(stack)

    stack.compose("stop", "worker")
    assert stack.exit_codes("worker") == [0, 0, 0]
