"""Replays: what becomes of a dead letter that an operator put back on the replays topic.

Contract: `topics/kameleoon-replays.yaml`. The configuration of today decides, under the one mapping
that failed: mended triggers and mappings count, other mappings had their outcome already.
"""

from dataclasses import dataclass, replace
from typing import Final

from pipeline.core.dead_letter import read_origin
from pipeline.core.decode import decode
from pipeline.core.event import Event
from pipeline.core.flow import decide, decide_part, summarize
from pipeline.core.integrations import why_blocked
from pipeline.core.outcome import NO_SUMMARY, Decided, Decision, Filtered, Reason, Rejected, Stage
from pipeline.core.plan import Plan
from pipeline.core.published_text import cut
from pipeline.core.record import Record

PASSED_BY: Final = Decided(NO_SUMMARY, ())
"""Another pipeline's replay: it is that pipeline's to account for, and has no outcome here."""


_GONE: Final = "the configuration has no enabled mapping of this name (any more)"
_NOT_TAKEN: Final = "the trigger of the replay's mapping does not take this event (any more)"


@dataclass(frozen=True, slots=True)
class Inbox:
    """Which records are replays and whose: those on `topic` that name `pipeline` are ours."""

    topic: str
    pipeline: str


def decide_read(plan: Plan, record: Record, inbox: Inbox) -> Decided:
    """What becomes of a record of any topic that is read: an event, or a replay. Never raises."""
    if record.topic != inbox.topic:
        return decide(plan, record)
    origin = read_origin(record.headers)
    if origin is None or origin.pipeline != inbox.pipeline:
        return PASSED_BY
    if origin.mapping is None:  # no mapping had taken it: all are asked anew
        return replace(decide(plan, record), replay_of=origin.position)
    return replace(_decide_under(plan, record, origin.mapping), replay_of=origin.position)


def _decide_under(plan: Plan, record: Record, name: str) -> Decided:
    """One part, which always names the mapping: what failed again is replayed under it alone again."""
    event = decode(record.value, plan.framing)
    if isinstance(event, Rejected):
        return Decided(NO_SUMMARY, (replace(event, mapping=cut(name)),))
    return Decided(summarize(event), (_decide_part(plan, event, name, record.size_bytes),))


def _decide_part(plan: Plan, event: Event, name: str, size: int) -> Decision:
    mapping = plan.enabled(name)
    if mapping is None:
        return Rejected(Stage.TRIGGER, Reason.MAPPING_UNKNOWN, _GONE, cut(name))
    blocked = why_blocked(event)
    if blocked is not None:
        return Filtered(Reason.INTEGRATIONS_BLOCKED, blocked, name, mapping.action.key)
    if not mapping.trigger.matches(event):
        return Filtered(Reason.NO_MAPPING_MATCHED, _NOT_TAKEN, name, mapping.action.key)
    return decide_part(mapping, event, size)
