"""What each kind of value takes, and what it becomes."""

import pytest

from pipeline.bootstrap import delivery_policy
from pipeline.config.brake import Brake
from pipeline.config.loader import parse_config
from pipeline.config.problem import ConfigError
from pipeline.config.values import written_duration, written_size
from pipeline.config.wire import Array, Single
from pipeline.core.batch import BatchPolicy
from tests.support.configuration import ENVIRONMENT, MINIMAL, config


@pytest.mark.parametrize(
    "written, seconds",
    [("500ms", 0.5), ("10s", 10.0), ("0.5s", 0.5), ("'2m'", 120.0), ('"1m"', 60.0), ("${T}", 7.0)],
)
def test_durations_become_seconds(written: str, seconds: float) -> None:
    loaded = config(f"delivery:\n  retry: {{first: 1ms}}\n  expire_after: {written}\n", T="7s")
    assert loaded.delivery.expire_after_s == seconds


@pytest.mark.parametrize(
    "written, size",
    [("65536", 65536), ("64KiB", 65536), ("64kB", 64000), ("1.5MB", 1_500_000), ("2 MiB", 2 * 1024**2)],
)
def test_sizes_become_bytes(written: str, size: int) -> None:
    assert config(f"  max_record_bytes: {written}\n").kafka.max_record_bytes == size


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.25, 1.0, 1.5, 59.0, 60.0, 90.0, 3600.0, 86400.0])
def test_a_written_duration_reads_back(seconds: float) -> None:
    if seconds == 0:
        assert written_duration(seconds) == "0s"
        return
    rest = f"delivery:\n  expire_after: {written_duration(seconds)}\n"
    assert config(rest).delivery.expire_after_s == seconds


@pytest.mark.parametrize("size", [1024, 1025, 64000, 65536, 1_000_000, 1024**2, 10**9])
def test_a_written_size_reads_back(size: int) -> None:
    loaded = config(f"  max_record_bytes: {written_size(size)}\ndelivery:\n  max_in_flight_bytes: 2GB\n")
    assert loaded.kafka.max_record_bytes == size


@pytest.mark.parametrize(
    "group", ["0123", "on", "12:30:45", "2024-01-01", "1e3", "0x1F", "yes", "!!str null"]
)
def test_text_is_taken_as_it_is_written(group: str) -> None:
    assert config(f"  group: {group}\n").kafka.group == group.removeprefix("!!str ")


def test_a_sitecode_keeps_its_leading_zeros() -> None:
    assert config(KAMELEOON_SITECODE="0000000001").destination.sitecode == "0000000001"


def test_a_key_with_nothing_behind_it_counts_as_not_written() -> None:
    loaded = config("  group:\n  topics:\n  client_id: ${CLIENT:-}\ndelivery:\n  expire_after: ~\n")
    assert loaded.kafka.group == "kameleoon-0123456789"
    assert loaded.kafka.topics.audit == "kameleoon-audit"
    assert loaded.kafka.client_id == "kameleoon-pipeline"
    assert loaded.delivery.expire_after_s is None


@pytest.mark.parametrize(
    "written", ["a:1,b:2", "'a:1, b:2'", "[a:1, b:2]", "${SERVERS}", "\n    - a:1\n    - b:2"]
)
def test_brokers_stand_in_a_list_or_with_commas(written: str) -> None:
    text = MINIMAL.replace("localhost:9092", written)
    loaded = parse_config(text, ENVIRONMENT | {"SERVERS": "a:1,b:2"})
    assert loaded.kafka.bootstrap_servers == ("a:1", "b:2")


@pytest.mark.parametrize(
    "written, wire",
    [
        ("single", Single()),
        ("array", Array()),
        ("{array: }", Array()),
        ("{array: {}}", Array()),
        ("{array: {linger: 1ms, max_events: 2}}", Array(linger=0.001, max_events=2)),
    ],
)
def test_wire_is_a_word_or_holds_the_keys_of_arrays(written: str, wire: Single | Array) -> None:
    assert config(f"delivery:\n  wire: {written}\n").delivery.wire == wire


@pytest.mark.parametrize(
    "written, brake",
    [
        ("off", None),
        ("{}", Brake()),
        ("{share: 0.5}", Brake(share=0.5)),
        ("{share: 1, of: 10}", Brake(share=1.0, of=10)),
    ],
)
def test_the_brake_is_off_or_holds_its_keys(written: str, brake: Brake | None) -> None:
    assert config(f"delivery:\n  brake: {written}\n").delivery.brake == brake


def test_the_digest_of_what_is_sent_follows_the_delivery_and_no_secret() -> None:
    text = MINIMAL + "delivery: {concurrency: 3}\n"
    before = parse_config(text, ENVIRONMENT).digest
    other_key = ENVIRONMENT | {"KAMELEOON_API_KEY": "eyJvdGhlciI6ImtleSJ9"}

    assert parse_config(text, other_key).digest == before
    assert parse_config(text + "admin: {listen: 127.0.0.1:9000}\n", ENVIRONMENT).digest == before
    assert parse_config(text.replace("3", "4"), ENVIRONMENT).digest != before


def test_what_may_be_in_flight_follows_concurrency() -> None:
    assert config("delivery:\n  concurrency: 3\n").delivery.max_in_flight_events == 24
    arrays = "delivery:\n  concurrency: 3\n  wire: {array: {max_events: 50}}\n"
    assert config(arrays).delivery.max_in_flight_events == 1600


def test_fields_of_a_mapping_are_json() -> None:
    rest = """
mappings:
  - preset: track-calls
    fields:
      properties: {number: 5, zero: -0.5, flag: True, nothing: null, text: "5", date: 2024-01-01,
                   time: 12:30, big: 123456789012345678901234567890, port: "${PORT}"}
      context: ${PORT}
"""
    [mapping] = config(rest, PORT="80").mappings or ()
    assert mapping.fields["properties"] == {
        "number": 5,
        "zero": -0.5,
        "flag": True,
        "nothing": None,
        "text": "5",
        "date": "2024-01-01",
        "time": "12:30",
        "big": 123456789012345678901234567890,
        "port": "80",
    }
    assert mapping.fields["context"] == "80"


def test_anchors_and_merge_keys_work() -> None:
    rest = """
mappings:
  - &pages
    preset: page-calls
    name: Pages
    enabled: false
  - <<: *pages
    name: More pages
  - preset: track-calls
    fields: &fields {userId: {"@path": $.userId}}
  - preset: identify-calls
    fields: *fields
"""
    loaded = config(rest)
    assert [mapping.definition.name for mapping in loaded.plan.mappings] == [
        "Pages",
        "More pages",
        "Track Calls",
        "Identify Calls",
    ]
    assert [mapping.definition.enabled for mapping in loaded.plan.mappings] == [False, False, True, True]


@pytest.mark.parametrize(
    "endpoint",
    ["http://localhost:1/x", "http://127.0.0.1:8080/segmentio", "http://[::1]:80", "https://example.com/a"],
)
def test_the_endpoint_is_https_or_on_this_machine(endpoint: str) -> None:
    assert config(f'delivery:\n  endpoint: "{endpoint}"\n').delivery.endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint", ["http://128.0.0.1/", "http://localhost.example/", "ftp://localhost/", "https://", "//x"]
)
def test_no_other_endpoint_loads(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"delivery\.endpoint"):
        config(f'delivery:\n  endpoint: "{endpoint}"\n')


def test_a_character_in_two_halves_as_json_writes_it_is_one_character() -> None:
    r"""A mapping copied as JSON: its emoji is the one that events hold."""
    replace = r'{"pattern": "\ud83d\ude00", "value": {"@path": "$.name"}}'
    mapping = (
        r'{"preset": "page-calls", "fields": {"name": {"@replace": %s}, "properties": {"\ud83d\ude00": 1}}}'
    )
    (own,) = config(f"mappings: [{mapping % replace}]\n").plan.mappings
    resolved = own.resolve({"type": "page", "name": "a\U0001f600b"})
    assert resolved == {"type": "page", "name": "ab", "properties": {"\U0001f600": 1}}


def test_half_a_character_from_the_environment_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="half a character"):
        config("  group: ${GROUP}\n", GROUP="web\udce9")


@pytest.mark.parametrize("wire, most", [("single", 1_000_000), ("array", 999_998)])
def test_an_event_must_fit_into_the_largest_request(wire: str, most: int) -> None:
    """In an array it has two brackets around it."""
    loaded = config(f"delivery: {{wire: {wire}, max_request_bytes: 1MB}}\n")
    assert {mapping.max_body_bytes for mapping in loaded.plan.mappings} == {most}


def test_no_array_becomes_larger_than_the_largest_request() -> None:
    wire = "{array: {max_bytes: 2MB}}"
    assert delivery_policy(
        config(f"delivery: {{wire: {wire}, max_request_bytes: 1MB}}\n").delivery
    ).batch == (BatchPolicy(100, 1_000_000, 0.05, is_array=True))
    assert delivery_policy(config(f"delivery: {{wire: {wire}}}\n").delivery).batch.max_bytes == 2_000_000


def test_without_a_limit_everything_is_sent() -> None:
    assert {mapping.max_body_bytes for mapping in config().plan.mappings} == {None}
