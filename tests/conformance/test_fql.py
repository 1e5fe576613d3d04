"""Stage trigger decides as the reference does, for every recorded case but the listed ones."""

from pipeline.core.event import EVENT_TYPES
from pipeline.core.trigger import Trigger, TriggerError, compile_trigger
from tests.support.reference_vectors import Vector, compare, load_vectors, revived


def test_every_case_equals_the_reference_or_is_listed() -> None:
    compare("fql", _difference)


def test_a_trigger_that_loads_is_indexed_by_all_that_it_matches() -> None:
    """Every recorded event that a trigger matches is among its candidates."""
    for vector in load_vectors("fql"):
        trigger = _loaded(vector)
        event = vector.input.get("event")
        if trigger and isinstance(event, dict) and trigger.matches(event):
            assert trigger.event_names is None or event["event"] in trigger.event_names
            assert _is_unknown(event.get("type")) or event["type"] in trigger.types


def _is_unknown(event_type: object) -> bool:
    return event_type not in EVENT_TYPES


def _loaded(vector: Vector) -> Trigger | None:
    try:
        return compile_trigger(revived(vector.input["fql"]))
    except TriggerError:
        return None


def _difference(vector: Vector) -> str | None:
    """Refusing what the reference rejects too is no difference, whatever the words."""
    is_rejected = vector.output.get("stage") == "parse"
    trigger = _loaded(vector)
    if trigger is None:
        return None if is_rejected else "refused when loaded"
    if is_rejected:
        return "loads, where the reference rejects it"
    matches = trigger.matches(revived(vector.input.get("event")))
    expected = vector.output["valid"]
    return None if matches is expected else f"gives {matches}, where the reference gives {expected}"
