"""Laws of triggers, whatever the text and whatever the event."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.event import EVENT_TYPES
from pipeline.core.trigger import Trigger, TriggerError, compile_trigger
from tests.support.fql import conditions, events, functions, near_triggers, triggers


def _loaded(text: str) -> Trigger | None:
    """The trigger, or None if the text is refused, with a hint and a spot within it."""
    outcome = _outcome(text)
    if isinstance(outcome, Trigger):
        return outcome
    lines = text.split("\n")
    assert 1 <= outcome.line <= len(lines)
    assert 1 <= outcome.column <= len(lines[outcome.line - 1]) + 1
    assert outcome.problem
    assert outcome.hint
    assert str(outcome).isprintable()
    return None


def _outcome(text: str) -> Trigger | TriggerError:
    try:
        return compile_trigger(text)
    except TriggerError as error:
        return error


@given(st.text(st.characters()))
def test_any_text_loads_or_is_refused_at_a_spot_within_it(text: str) -> None:
    _loaded(text)


@given(near_triggers(), events())
def test_what_looks_like_a_trigger_loads_and_decides_or_is_refused(text: str, event: dict[str, Any]) -> None:
    trigger = _loaded(text)
    if trigger:
        assert isinstance(trigger.matches(event), bool)


@given(triggers(), events())
def test_what_the_ui_of_segment_writes_loads_and_decides(text: str, event: dict[str, Any]) -> None:
    assert isinstance(compile_trigger(text).matches(event), bool)


@settings(max_examples=500)
@given(triggers(), events())
def test_candidates_hold_every_event_that_matches(text: str, event: dict[str, Any]) -> None:
    trigger = compile_trigger(text)
    if not trigger.matches(event):  # most do not, and hypothesis takes so much filtering for a mistake
        return
    assert trigger.event_names is None or event["event"] in trigger.event_names
    event_type = event.get("type")
    assert not (isinstance(event_type, str) and event_type in EVENT_TYPES - trigger.types)


@given(triggers(), events())
def test_white_space_around_a_trigger_means_nothing(text: str, event: dict[str, Any]) -> None:
    assert compile_trigger(f"\n\t {text} \n").matches(event) is compile_trigger(text).matches(event)


@given(triggers(), events())
def test_parentheses_around_a_trigger_mean_nothing_if_they_load(text: str, event: dict[str, Any]) -> None:
    wrapped = _loaded(f"({text})")
    if wrapped:
        assert wrapped.matches(event) is compile_trigger(text).matches(event)


@given(conditions(), conditions(), events())
def test_and_takes_what_both_take_and_or_what_either_takes(one: str, two: str, event: dict[str, Any]) -> None:
    both = [compile_trigger(text).matches(event) for text in (one, two)]
    assert compile_trigger(f"{one} and {two}").matches(event) is all(both)
    assert compile_trigger(f"{one} or {two}").matches(event) is any(both)


@given(st.lists(functions(), min_size=2, max_size=4), conditions(), events())
def test_functions_in_parentheses_of_their_own_join_as_they_are_written(
    several: list[str], condition: str, event: dict[str, Any]
) -> None:
    """What the hint for functions in one group says to write, for it must load."""
    either = " or ".join(f"({function})" for function in several)
    expected = any(compile_trigger(function).matches(event) for function in several)
    trigger = compile_trigger(f"{condition} and ({either})")
    assert trigger.matches(event) is (compile_trigger(condition).matches(event) and expected)
