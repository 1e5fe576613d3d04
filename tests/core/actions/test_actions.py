"""The four actions and presets; their default mappings stand against the reference in tests/conformance."""

import pytest

from pipeline.core.actions import ACTIONS, PRESETS
from pipeline.core.validate import FieldType

COMMON = {"anonymousId", "userId", "type", "properties", "kameleoonVisitorCode", "timestamp", "messageId"}


def test_actions_are_keyed_as_segment_spells_them() -> None:
    assert [(key, action.key, action.title) for key, action in ACTIONS.items()] == [
        ("logEvent", "logEvent", "Log Event"),
        ("page", "page", "Page Event"),
        ("group", "group", "Group Event"),
        ("identify", "identify", "Identify Event"),
    ]


@pytest.mark.parametrize(
    "key, own, required",
    [
        ("logEvent", {"event", "context"}, ["type", "timestamp", "messageId"]),
        ("page", {"name", "context"}, ["type", "timestamp"]),
        ("group", {"groupId"}, ["type", "groupId", "timestamp", "messageId"]),
        ("identify", set(), ["type", "timestamp", "messageId"]),
    ],
)
def test_fields_and_requirements(key: str, own: set[str], required: list[str]) -> None:
    fields = ACTIONS[key].fields
    assert {field.key for field in fields} == COMMON | own
    assert len(fields) == len(COMMON | own)
    assert [field.key for field in fields if field.required] == required


@pytest.mark.parametrize("key", ACTIONS)
def test_all_fields_are_texts_but_properties_and_context(key: str) -> None:
    for field in ACTIONS[key].fields:
        is_object = field.key in {"properties", "context"}
        assert field.type is (FieldType.OBJECT if is_object else FieldType.STRING)
        assert field.format == ("date-time" if field.key == "timestamp" else None)


@pytest.mark.parametrize("key", ACTIONS)
def test_the_default_mapping_has_every_field_in_its_order(key: str) -> None:
    """The order of the mapping is the order of the keys in the body."""
    assert list(ACTIONS[key].default_mapping) == [field.key for field in ACTIONS[key].fields]


def test_presets_run_one_action_each_on_one_event_type() -> None:
    assert [(slug, p.slug, p.name, p.trigger, p.action.key) for slug, p in PRESETS.items()] == [
        ("track-calls", "track-calls", "Track Calls", 'type = "track"', "logEvent"),
        ("page-calls", "page-calls", "Page Calls", 'type = "page"', "page"),
        ("group-calls", "group-calls", "Group Calls", 'type = "group"', "group"),
        ("identify-calls", "identify-calls", "Identify Calls", 'type = "identify"', "identify"),
    ]
