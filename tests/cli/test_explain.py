"""The verb `explain`: text for people, JSON for scripts, nothing sent."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.exits import ExitCode
from pipeline.cli.explain import split
from pipeline.cli.main import app
from pipeline.core.decode import Framing
from tests.support.samples import sample_lines

TRACK = (
    b'{"type":"track","event":"Order Completed","messageId":"m-1","timestamp":"2026-11-22T06:33:06Z",'
    b'"userId":"u-1","properties":{"n":12345678901234567890123,"kameleoonVisitorCode":"c-1"}}'
)
ALIAS = b'{"type":"alias","userId":"u-1"}'
MEMBERS = ["mapping", "action", "stage", "outcome", "reason", "detail", "request"]


def run(tmp_path: Path, content: bytes, *options: str) -> Result:
    file = tmp_path / "events.jsonl"
    file.write_bytes(content)
    return CliRunner().invoke(app, ["explain", *options, str(file)])


def outcomes(result: Result) -> list[list[dict[str, Any]]]:
    lines = result.stdout_bytes.removesuffix(b"\n").split(b"\n")
    return [json.loads(line)["outcomes"] for line in lines]


def test_a_deliverable_event_shows_its_request_with_the_key_masked(tmp_path: Path) -> None:
    result = run(tmp_path, TRACK, "--json")
    ((outcome,),) = outcomes(result)
    assert list(outcome) == MEMBERS
    assert {key: outcome[key] for key in MEMBERS[:-1]} == {
        "mapping": "Track Calls",
        "action": "logEvent",
        "stage": "deliver",
        "outcome": "deliverable",
        "reason": None,
        "detail": None,
    }
    request = outcome["request"]
    assert list(request) == ["method", "url", "headers", "body"]
    assert (request["method"], request["url"]) == ("POST", "https://integrations.kameleoon.com/segmentio")
    assert request["headers"]["authorization"] == "Basic ***"
    assert request["body"]["properties"] == {"n": 12345678901234567890123, "kameleoonVisitorCode": "c-1"}
    assert result.exit_code == ExitCode.FINE


def test_json_gives_exactly_one_object_a_line_for_undecodable_lines_too(tmp_path: Path) -> None:
    lines = [TRACK, b"{", b"", b"\xff\xfe", ALIAS, b"[]", "{\u2028".encode()]
    result = run(tmp_path, b"\n".join(lines) + b"\n", "--json")
    found = [(outcome["outcome"], outcome["reason"]) for (outcome,) in outcomes(result)]
    assert found == [
        ("deliverable", None),
        ("rejected", "invalid_json"),
        ("rejected", "empty_record"),
        ("rejected", "invalid_utf8"),
        ("filtered", "no_mapping_matched"),
        ("rejected", "not_an_object"),
        ("rejected", "invalid_json"),
    ]
    assert result.exit_code == ExitCode.FOUND


def test_a_rejected_and_a_filtered_event_have_no_request(tmp_path: Path) -> None:
    result = run(tmp_path, ALIAS + b"\n{}\n", "--json")
    assert [outcome["request"] for (outcome,) in outcomes(result)] == [None, None]


@pytest.mark.parametrize("name", ["http", "node", "browser-batching"])
def test_every_sample_line_has_its_object(tmp_path: Path, name: str) -> None:
    lines = sample_lines()[name]
    assert len(outcomes(run(tmp_path, b"\n".join(lines), "--json"))) == len(lines)


def test_filtered_events_alone_are_fine(tmp_path: Path) -> None:
    assert run(tmp_path, ALIAS).exit_code == ExitCode.FINE


def test_standard_input_is_read_for_a_dash() -> None:
    result = CliRunner().invoke(app, ["explain", "--json", "-"], input=TRACK + b"\n" + ALIAS)
    assert len(outcomes(result)) == 2


@pytest.mark.parametrize(
    "content,count",
    [
        (TRACK, 1),
        (TRACK + b"\n", 1),
        (TRACK + b"\r\n" + TRACK + b"\r\n", 2),
        (json.dumps(json.loads(TRACK), indent=2).encode(), 1),
        (b'{\n  "type": "nonsense"\n}\n', 1),
        (b'{\n  "batch": []\n}\n', 1),
        (TRACK + b"\n\n" + TRACK, 3),
        (TRACK + b"\n\n", 2),
        (b" \n" + TRACK + b"\r\n\r\n", 3),
        (b'\n{\n"type": "track"\n}\n\n', 1),
        ('{"type":"track","event":"a\u2028b\u0085c"}'.encode() + b"\n" + TRACK, 2),
        (b"", 0),
    ],
)
def test_a_file_is_one_pretty_printed_object_or_lines(content: bytes, count: int) -> None:
    assert len(split(content, Framing.NONE)) == count


def test_text_tells_every_stage(tmp_path: Path) -> None:
    result = run(tmp_path, TRACK)
    labels = [line[:12].strip() for line in result.output.splitlines() if line[:12].strip()]
    assert labels == ["decode", "trigger", "map", "validate", "request"]
    assert "Page Calls: its trigger takes page, not track" in result.output
    assert '"$.messageId"' in result.output
    assert "authorization: Basic ***" in result.output
    assert '"kameleoonVisitorCode": "c-1"' in result.output


@pytest.mark.parametrize(
    "content,told",
    [
        (b"{", "rejected: invalid_json"),
        (ALIAS, "filtered: no_mapping_matched"),
        (TRACK[:-1] + b',"integrations":{"All":false}}', "filtered: integrations_blocked"),
        (TRACK.replace(b"timestamp", b"when"), "rejected: missing_timestamp"),
    ],
)
def test_text_tells_how_an_event_ends(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in run(tmp_path, content).output


def test_what_a_terminal_would_act_on_is_escaped(tmp_path: Path) -> None:
    result = run(tmp_path, TRACK.replace(b"Order", b"\\u001b[2J\\u009b\\ud83d"))
    assert "\x1b" not in result.output
    assert "\x9b" not in result.output
    assert "\\u009b" in result.output


@pytest.mark.parametrize(
    "options", [["--send"], ["--send", "--json", "--config", "x.yaml"], ["--config", "missing.yaml"]]
)
def test_what_cannot_be_done_is_a_usage_error(tmp_path: Path, options: list[str]) -> None:
    assert run(tmp_path, TRACK, *options).exit_code == ExitCode.USAGE


def test_a_missing_or_empty_file_is_a_usage_error(tmp_path: Path) -> None:
    assert run(tmp_path, b"").exit_code == ExitCode.USAGE
    missing = CliRunner().invoke(app, ["explain", str(tmp_path / "missing")])
    assert missing.exit_code == ExitCode.USAGE
