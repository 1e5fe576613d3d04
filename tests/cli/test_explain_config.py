"""The verb `explain` with a configuration: its mappings, its request, and `--send` after asking."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app

API_KEY = base64.b64encode(b'{"client":"invented"}').decode()
SITECODE = "abcdefghij"
TRACK = (
    b'{"type":"track","event":"Order Completed","messageId":"m-1","timestamp":"2026-11-22T06:33:06Z",'
    b'"userId":"u-1","properties":{"currency":"EUR"}}'
)
MAPPINGS = """
mappings:
  - preset: track-calls
  - name: Orders
    trigger: type = "track" and event = "Order Completed"
    action: logEvent
    fields:
      event: {"@template": "order-{{properties.currency}}"}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What arrived at the endpoint."""

    bodies: list[bytes] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A local endpoint that answers with the statuses it is given, then with 200."""

    url: str
    seen: Seen


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            seen.keys.append(self.headers["authorization"])
            self.send_response(seen.statuses.pop(0) if seen.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Endpoint(f"http://127.0.0.1:{server.server_port}/segmentio", seen)
        server.shutdown()
        thread.join()


def run(
    tmp_path: Path, url: str, *options: str, content: bytes = TRACK, typed: str = "", mappings: str = MAPPINGS
) -> Result:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"destination:\n  api_key: ${{KEY}}\n  sitecode: {SITECODE}\n"
        f"kafka:\n  bootstrap_servers: localhost:9092\n"
        f"delivery:\n  endpoint: {url}\n  user_agent: tests/1\n{mappings}"
    )
    events = tmp_path / "events.jsonl"
    events.write_bytes(content)
    command = ["explain", "--config", str(config), *options, str(events)]
    return CliRunner().invoke(app, command, input=typed, env={"KEY": API_KEY})


def test_the_mappings_and_the_request_are_those_of_the_configuration(tmp_path: Path) -> None:
    result = run(tmp_path, "https://example.com/in", "--json")
    preset, orders = json.loads(result.stdout)["outcomes"]
    assert (preset["mapping"], orders["mapping"]) == ("Track Calls", "Orders")
    assert orders["request"]["body"]["event"] == "order-EUR"
    assert orders["request"]["url"] == "https://example.com/in"
    assert orders["request"]["headers"] == {
        "user-agent": "tests/1",
        "authorization": "Basic ***",
        "x-segment-settings": SITECODE,
        "content-type": "application/json",
    }


@pytest.mark.parametrize("options", [[], ["--json"], ["--send"]])
def test_the_api_key_is_never_shown(tmp_path: Path, endpoint: Endpoint, options: list[str]) -> None:
    result = run(tmp_path, endpoint.url, *options, typed="y\n")
    assert "***" in result.output
    assert API_KEY not in result.output


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_nothing_is_sent_unless_asked_for(tmp_path: Path, endpoint: Endpoint, options: list[str]) -> None:
    run(tmp_path, endpoint.url, *options)
    assert endpoint.seen.bodies == []


def test_nothing_is_sent_after_a_no(tmp_path: Path, endpoint: Endpoint) -> None:
    result = run(tmp_path, endpoint.url, "--send", typed="n\n")
    assert endpoint.seen.bodies == []
    assert "nothing was sent" in result.output
    assert result.exit_code == ExitCode.FINE


def test_each_request_of_the_event_is_sent_after_a_yes(tmp_path: Path, endpoint: Endpoint) -> None:
    result = run(tmp_path, endpoint.url, "--send", typed="y\n")
    assert [json.loads(body)["event"] for body in endpoint.seen.bodies] == ["Order Completed", "order-EUR"]
    assert endpoint.seen.keys == [f"Basic {API_KEY}"] * 2
    assert "Orders: accepted: 200 OK" in result.output
    assert result.exit_code == ExitCode.FINE


def test_a_refusal_is_told_and_found(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.seen.statuses.extend([200, 400])
    result = run(tmp_path, endpoint.url, "--send", typed="y\n")
    assert "Orders: not accepted: 400 Bad Request" in result.output
    assert result.exit_code == ExitCode.FOUND


def test_the_answer_is_judged_by_the_configurations_own_rules(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.seen.statuses.extend([200, 202])
    rule = "  verdicts: [{status: 202, verdict: refused}]\n"
    result = run(tmp_path, endpoint.url, "--send", typed="y\n", mappings=rule + MAPPINGS)
    assert "Track Calls: accepted: 200 OK" in result.output
    assert "Orders: not accepted: 202 Accepted" in result.output
    assert result.exit_code == ExitCode.FOUND


def test_an_endpoint_that_is_not_there_is_unreachable(tmp_path: Path, endpoint: Endpoint) -> None:
    nobody = "http://127.0.0.1:9/segmentio"
    result = run(tmp_path, nobody, "--send", typed="y\n")
    assert "no answer" in result.output
    assert result.exit_code == ExitCode.UNREACHABLE


def test_only_one_event_is_sent(tmp_path: Path, endpoint: Endpoint) -> None:
    result = run(tmp_path, endpoint.url, "--send", content=TRACK + b"\n" + TRACK, typed="y\n")
    assert result.exit_code == ExitCode.USAGE
    assert endpoint.seen.bodies == []


def test_an_event_without_a_request_sends_nothing(tmp_path: Path, endpoint: Endpoint) -> None:
    result = run(tmp_path, endpoint.url, "--send", content=b'{"type":"alias"}', typed="y\n")
    assert endpoint.seen.bodies == []
    assert "nothing to send" in result.output


def test_every_mistake_of_the_configuration_is_told(tmp_path: Path) -> None:
    broken = (
        "mappings:\n  - preset: nonsense\n  - {name: x, trigger: 'type = \"track\" AND x', action: page}\n"
    )
    result = run(tmp_path, "https://example.com/in", mappings=broken)
    assert result.exit_code == ExitCode.USAGE
    assert "`nonsense`" in result.output
    assert "`AND`" in result.output
