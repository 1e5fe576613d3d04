"""Stage trigger, first half: the event's own `integrations` object (reference: 4.7).

Senders use it to keep an event out of a destination: `{"All": false}` rules out every one, and an
entry of the destination's own name overrides `All`. Names are case-sensitive.
"""

from typing import Final

from pipeline.core.event import Event
from pipeline.core.javascript import is_truthy

DESTINATION_NAMES: Final = ("Kameleoon (Actions)", "Actions Kameleoon")
"""The names that an entry for Kameleoon may have; where both are there, the first one counts."""


def why_blocked(event: Event) -> str | None:
    """Why the event's sender keeps it from Kameleoon, as a sentence; None when nothing does.

    An entry that is null says nothing; any other counts by its truth, so an object of options
    lets the event through. An `integrations` that is not an object says nothing either. It counts
    for every event type: what a sender ruled out is not delivered.
    """
    integrations = event.get("integrations")
    if not integrations or not isinstance(integrations, dict):
        return None
    for name in DESTINATION_NAMES:
        own = integrations.get(name)
        if own is not None:
            return None if is_truthy(own) else f'the event\'s `integrations` switch "{name}" off'
    every = integrations.get("All")
    if every is None or is_truthy(every):
        return None
    return "the event's `integrations` switch `All` destinations off and do not name Kameleoon"
