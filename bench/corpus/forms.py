"""Forms: a captured event grown to a size, with a hole for each thing that differs between two of a kind."""

import re
from collections.abc import Callable
from operator import itemgetter
from random import Random
from typing import Any, Final, NamedTuple

import orjson

from bench.corpus.clocks import Clock, like
from bench.corpus.shapes import Shape, is_code

_FORMS_PER_TYPE: Final = {
    "track": 4000,
    "page": 1500,
    "identify": 1500,
    "group": 400,
    "screen": 300,
    "alias": 200,
}
_MEDIAN_SIZE, _SPREAD, _SMALLEST, _LARGEST = 1000, 0.668, 300, 29_000
_HUGE_SHARE, _HUGE = 0.002, 10_000
_MESSAGE_ID_PREFIX: Final = re.compile(r"personas_|(ajs|node)-next-\d{13}-|node-|")
_HOLES: Final = ("unique", "user", "anonymous", "code", "number", "millis", "happened", "sent", "received")
_HOLE: Final = re.compile(rb"<<(\w+)>>")
_NAMES: Final = ("Monopoly: 3rd Edition", "T-shirt « Été »", "日本茶 100g 🍵", "Lampe d'architecte")


class Form(NamedTuple):
    """The JSON of one event with a %b in each hole, what goes into them, and how its SDK writes times."""

    text: bytes
    pick: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
    clock: Clock


def make_forms(rng: Random, shapes: dict[str, list[Shape]]) -> dict[str, list[Form]]:
    """Many forms for each type, of sizes that give the corpus its sizes: 1 kB at the median."""
    return {
        kind: [_form(rng, shapes[kind]) for _ in range(number)] for kind, number in _FORMS_PER_TYPE.items()
    }


def _form(rng: Random, shapes: list[Shape]) -> Form:
    is_huge = rng.random() < _HUGE_SHARE
    usual = max(rng.lognormvariate(0, _SPREAD) * _MEDIAN_SIZE, _SMALLEST)
    target = rng.uniform(_HUGE, _LARGEST) if is_huge else usual
    fitting = [shape for shape in shapes if shape.size <= target] or shapes[:5]
    shape = rng.choices(fitting, [shape.weight for shape in fitting])[0]
    return _with_holes(_grown(rng, shape.event, target))


def _grown(rng: Random, event: dict[str, Any], target: float) -> dict[str, Any]:
    """A copy with as many products or orders more as it takes to be about that large."""
    event = orjson.loads(orjson.dumps(event))
    holder, name = ("traits", "recent_orders") if "traits" in event else ("properties", "products")
    place = event.get(holder)
    if not isinstance(place, dict) or not isinstance(place.get(name, []), list):
        return event
    items, size = place.get(name, []), len(orjson.dumps(event))
    while size < target - 100:
        items.append(_item(rng))
        size += len(orjson.dumps(items[-1])) + 1
        place[name] = items
    return event


def _item(rng: Random) -> dict[str, Any]:
    number = rng.randrange(100_000)
    return {
        "product_id": f"{number:024x}",
        "sku": f"{number % 977}-{number % 89}",
        "name": rng.choice(_NAMES),
        "price": round(rng.uniform(1, 300), 2),
        "quantity": rng.choice((1, 1, 1, 2, 3)),
        "category": rng.choice(("Games", "Vêtements > T-shirts", "Home", None)),
    }


def _with_holes(event: dict[str, Any]) -> Form:
    """Holes where ids, times and codes are; `messageId` is put in where the SDK sends none."""
    clock = like(event.get("timestamp"))
    ids = {
        event.get("anonymousId"): "anonymous",
        event.get("previousId"): "anonymous",
        event.get("userId"): "user",
    }
    ids = {value: name for value, name in ids.items() if isinstance(value, str)}
    prefix = _MESSAGE_ID_PREFIX.match(event.get("messageId", ""))
    holed = {key: _holed(value, key, ids) for key, value in event.items()}
    holed["messageId"] = re.sub(r"\d{13}", _hole("millis"), prefix[0] if prefix else "") + _hole("unique")
    holed["timestamp"], holed["receivedAt"] = _hole("happened"), _hole("received")
    if isinstance(event.get("sentAt"), str):
        holed["sentAt"] = _hole("sent")
    text = orjson.dumps(holed).replace(b"%", b"%%").replace(b'"<<number>>"', b"<<number>>")
    picked = [_HOLES.index(name.decode()) for name in _HOLE.findall(text)]
    return Form(_HOLE.sub(b"%b", text), itemgetter(*picked), clock)


def _hole(name: str) -> str:
    return f"<<{name}>>"


def _holed(value: Any, key: str, ids: dict[Any, str]) -> Any:
    if isinstance(value, dict):
        return {name: _holed(item, name, ids) for name, item in value.items()}
    if key == "kameleoonVisitorCode" and is_code(value):
        return _hole("code")
    if key == "userId" and isinstance(value, int):
        return _hole("number")
    return _hole(ids[value]) if isinstance(value, str) and value in ids else value
