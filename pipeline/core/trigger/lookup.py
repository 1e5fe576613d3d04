"""Finding a field's value in an event (reference: FQL 1.5, property lookup of 0.1)."""

from collections.abc import Callable

from pipeline.core import javascript
from pipeline.core.event import Event, Json
from pipeline.core.trigger.tree import Field

Lookup = Callable[[Event], Json]


def lookup(field: Field) -> Lookup:
    """A function from an event to the field's value: None if it is missing."""
    head, keys = str(field.head), field.keys
    if not keys:
        return lambda event: event.get(head)
    if len(keys) == 1:
        return _property(head, keys[0])
    return _path(head, keys)


def _property(head: str, key: str) -> Lookup:
    def read(event: Event) -> Json:
        value = event.get(head)
        return value.get(key) if isinstance(value, dict) else _member(value, key)

    return read


def _path(head: str, keys: tuple[str, ...]) -> Lookup:
    def read(event: Event) -> Json:
        value = event.get(head)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else _member(value, key)
        return value

    return read


def _member(value: Json, key: str) -> Json:
    """One step into something that is no object; a falsy value is where the path ends."""
    if not javascript.is_truthy(value):
        return value
    if isinstance(value, list):
        return len(value) if key == "length" else _item(value, key)
    if isinstance(value, str):
        return javascript.length(value) if key == "length" else _character(value, key)
    return None


def _item(items: list[Json], key: str) -> Json:
    if not javascript.is_index(key):
        return None
    index = int(key)
    return items[index] if index < len(items) else None


def _character(text: str, key: str) -> str | None:
    """A UTF-16 code unit of the text, as JavaScript counts."""
    if not javascript.is_index(key):
        return None
    at = 2 * int(key)
    unit = text.encode("utf-16-le", "surrogatepass")[at : at + 2]
    return unit.decode("utf-16-le", "surrogatepass") if unit else None
