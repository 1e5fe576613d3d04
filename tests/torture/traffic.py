"""What a torture run produces: visitors with lanes that cross, several mappings, some events poisonous.

The fate of an event at the sandbox stands in its data (`properties.sandbox`), so a seed says it all.
"""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.support.worker.events import letter, track
from tests.support.worker.topic import Letter

VISITORS: Final = 400
_VISITORS_A_USER: Final = 2
_LONGEST_DELAY_MS: Final = 80
_CALM_FROM: Final = 10**9

MAPPINGS: Final = [
    {
        "name": "Orders",
        "trigger": 'type = "track" and event = "Order Completed"',
        "action": "logEvent",
        "fields": {"event": {"@template": "order-{{event}}"}},
    },
    {"name": "Tracks", "trigger": 'type = "track" and event != "Ignored"', "action": "logEvent"},
    {"preset": "page-calls", "name": "Pages"},
    {"preset": "identify-calls", "name": "Identify"},
]
"""An order is sent twice: under Orders, then under Tracks."""

_STORIES: Final[tuple[tuple[int, Mapping[str, Any]], ...]] = (
    (800, {}),
    (30, {"status": "500,500,200"}),
    (30, {"status": "503,200"}),
    (20, {"status": "400"}),
    (10, {"status": "500"}),
    (15, {"fault": "reset,none"}),
    (15, {"fault": "truncate,none"}),
    (10, {"status": "408,502,200"}),
    (5, {"delay_ms": 700}),
)
"""What an event meets at the sandbox, by weight; the last step of a story repeats."""

_KINDS: Final = ("order", "view", "page", "identify", "ignored", "invalid", "not json")
_WEIGHTS: Final = (30, 40, 14, 6, 5, 3, 2)


def mapping_of(body: Mapping[str, Any]) -> str:
    """Which mapping has made a request's body."""
    match body["type"]:
        case "page":
            return "Pages"
        case "identify":
            return "Identify"
        case _:
            return "Orders" if body["event"].startswith("order-") else "Tracks"


def letters(seed: int, partitions: int) -> Iterator[Letter]:
    """Records without end; a visitor and its user stay in one partition."""
    dice = random.Random(f"{seed} traffic")  # noqa: S311 (it is to be repeatable)
    for number in itertools.count():
        yield _letter(dice, number, partitions)


def calm_letters(partitions: int) -> Iterator[Letter]:
    """Nothing wrong with any of them: while they are accepted, whoever fails is to blame himself."""
    for number in itertools.count(_CALM_FROM):
        yield letter(track(number, f"calm-{number % VISITORS}"), number % partitions)


def _letter(dice: random.Random, number: int, partitions: int) -> Letter:
    visitor = dice.randrange(VISITORS)
    user = visitor // _VISITORS_A_USER
    kind = dice.choices(_KINDS, _WEIGHTS)[0]
    if kind == "not json":
        return Letter(b'{"cut', f"a-{visitor}".encode(), user % partitions)
    who = {"userId": f"u-{user}"} if dice.random() < 0.2 else {}
    event = track(number, f"a-{visitor}", **_kind(kind), **who, properties={"sandbox": _story(dice)})
    if kind == "identify":
        event["traits"] = event.pop("properties")
    return letter(event, user % partitions)


def _kind(kind: str) -> dict[str, Any]:
    match kind:
        case "page":
            return {"type": "page", "name": "Home"}
        case "identify":
            return {"type": "identify"}
        case "ignored":
            return {"event": "Ignored"}
        case "invalid":
            return {"event": "Viewed", "timestamp": "no date"}
        case "order":
            return {}
        case _:
            return {"event": "Viewed"}


def _story(dice: random.Random) -> dict[str, Any]:
    story = dice.choices([told for _, told in _STORIES], [weight for weight, _ in _STORIES])[0]
    return {"delay_ms": dice.randrange(_LONGEST_DELAY_MS), **story}


def identities(value: bytes | None) -> tuple[str | None, tuple[str, ...]]:
    """The message id of a produced record, and the lanes that it stands in."""
    try:
        event = json.loads(value or b"")
    except ValueError:
        return None, ()
    return event["messageId"], tuple(event[name] for name in ("anonymousId", "userId") if name in event)
