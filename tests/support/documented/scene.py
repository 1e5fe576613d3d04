"""What the commands of the documents find: a configuration, topics, workers at work, events of every fate."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.configuration import API_KEY
from tests.support.documented.commands import repair_configuration
from tests.support.shell import Checkout
from tests.support.tree import ROOT
from tests.support.worker.events import letter, track
from tests.support.worker.topic import Letter

PARTITIONS: Final = 12
MESSAGE_ID: Final = "ajs-next-1795329202675-a3c697f2-6488-42ba-9e7c-ed2c1ba2005a"
"""The messageId that the documents ask for: one of an event of the samples."""

_SITECODE: Final = "0123456789"
PIPELINE: Final = f"kameleoon-{_SITECODE}"
"""The name that the documents use: the default for this sitecode."""

_LABEL: Final = {"@path": "$.properties.label"}
_ORDERS: Final = {
    "name": "Orders",
    "trigger": 'type = "track" and event = "Order Completed"',
    "action": "logEvent",
    "fields": {
        "event": {"@if": {"exists": _LABEL, "then": {"@template": _LABEL}, "else": {"@path": "$.event"}}}
    },
}
_EVENT: Final = ROOT / "topics" / "examples" / "segment-events" / "valid" / "track-order-completed.json"


def furnish(checkout: Checkout, servers: str, endpoint: str, admin_port: int) -> None:
    """Write the files that the commands name."""
    key = checkout.folder / "api-key"
    key.write_text(API_KEY)
    own = {
        "destination": {"api_key_file": str(key), "sitecode": _SITECODE},
        "kafka": {"bootstrap_servers": servers},
        "delivery": {"endpoint": endpoint},
    }
    admin = {"listen": f"127.0.0.1:{admin_port}"}
    whole = {**own, "admin": admin, "mappings": [_ORDERS, {"preset": "page-calls"}]}
    repair = yaml.safe_load(repair_configuration())
    repair["kafka"]["bootstrap_servers"] = servers
    for name, content in {
        "kameleoon-pipeline.yaml": whole,
        "my.yaml": whole,
        "repair.yaml": {**own, **repair, "admin": {"listen": "off"}},
    }.items():
        (checkout.folder / name).write_text(yaml.safe_dump(content, sort_keys=False))
    (checkout.folder / "event.json").write_text(json.dumps(json.loads(_EVENT.read_text())) + "\n")


def an_hour_ago() -> str:
    """As the documents write an instant."""
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(time.time() - 3600))


def first_letters() -> list[Letter]:
    """Events of the fates that pages speak of: refused, of a mapping that fails, answered with 429."""
    return [
        letter(track(1, properties={"sandbox": {"status": "400"}})),
        letter(track(2, properties={"label": 7})),
        *(
            letter(track(3 + number, properties={"sandbox": {"status": "429,200"}}), number)
            for number in range(PARTITIONS)
        ),
        *_sample(),
    ]


def _sample() -> Iterator[Letter]:
    lines = Path(ROOT, "pipeline", "samples", "browser.jsonl").read_bytes().splitlines()
    (found,) = (line for line in lines if MESSAGE_ID.encode() in line)
    yield Letter(found, b"a visitor")


def round_of_letters(number: int) -> list[Letter]:
    """For each partition: orders, one of them without a timestamp, and the event that is asked for."""
    return [
        letter(event, partition)
        for partition in range(PARTITIONS)
        for event in _events(number * PARTITIONS + partition)
    ]


def _events(number: int) -> Iterator[dict[str, Any]]:
    first = 1000 + 20 * number
    yield from (track(first + place) for place in range(10))
    untimed = track(first + 10)
    del untimed["timestamp"]
    yield untimed
    yield track(first + 11, messageId=MESSAGE_ID)
