"""What a trigger says of itself before any event."""

import pytest

from pipeline.core.event import EVENT_TYPES
from pipeline.core.trigger import compile_trigger


@pytest.mark.parametrize(
    "text, types",
    [
        ('type = "track"', {"track"}),
        ('type != "track"', EVENT_TYPES - {"track"}),
        ('type = "track" and event = "a"', {"track"}),
        ('type = "track" or type = "page"', {"track", "page"}),
        ('type = "track" or event = "a"', EVENT_TYPES),
        ('event = "a"', EVENT_TYPES),
        ('(type = "track" and event = "a") or (type = "page" and name = "b")', {"track", "page"}),
        ('(type = "track" or type = "page") and (type = "page" or type = "group")', {"page"}),
        ('type = "track" and type = "page"', set()),
        ('type = "order"', set()),
        ('type starts_with "i"', {"identify"}),
        ('type contains "a" and type != "page"', {"track", "alias"}),
    ],
)
def test_types_are_those_it_can_match(text: str, types: set[str]) -> None:
    assert compile_trigger(text).types == types


@pytest.mark.parametrize(
    "text, names",
    [
        ('event = "a"', {"a"}),
        ('type = "track" and event = "a"', {"a"}),
        ('event = "a" or event = "b"', {"a", "b"}),
        ('type = "track" and (event = "a" or event = "b")', {"a", "b"}),
        ('(event = "a" or event = "b") and (event = "b" or event = "c")', {"b"}),
        ('event = "a" and event = "b"', set()),
        ('(event = "a" and userId = "u") or event = "b"', {"a", "b"}),
    ],
)
def test_event_names_are_the_only_ones_it_can_match(text: str, names: set[str]) -> None:
    assert compile_trigger(text).event_names == frozenset(names)


@pytest.mark.parametrize(
    "text",
    [
        'type = "track"',
        'event != "a"',
        'contains(event, "a")',
        'event = "a" or type = "page"',
        'event = "a" or match(event, "b*")',
        'properties.event = "a"',
    ],
)
def test_event_names_are_not_limited_otherwise(text: str) -> None:
    assert compile_trigger(text).event_names is None
