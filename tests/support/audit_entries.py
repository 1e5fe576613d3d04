"""Audit entries for tests: a delivered event, altered by keyword."""

from typing import Any

from pipeline.core.audit import (
    AssignmentMarker,
    AuditRecord,
    HttpExchange,
    OutcomeKind,
    SourcePartition,
    SourcePosition,
)
from pipeline.core.outcome import Reason, Stage

AT = "2026-11-23T10:00:00.250Z"


def audit_record(**changes: Any) -> AuditRecord:
    """A delivered `Order Completed`, but for the changes."""
    fields: dict[str, Any] = {
        "outcome": OutcomeKind.DELIVERED,
        "reason": Reason.ACCEPTED,
        "stage": Stage.DELIVER,
        "detail": "",
        "message_id": "order-1",
        "type": "track",
        "event_name": "Order Completed",
        "mapping": "Track Calls",
        "action": "logEvent",
        "part": 1,
        "parts": 1,
        "pipeline": "kameleoon-abcdefghij",
        "pass_": 1,
        "epoch": 1,
        "plan": "0a1b2c3d4e5f6071",
        "source": SourcePosition("segment-events", 0, 7, 1_795_428_000_000),
        "event_timestamp": "2026-11-23T10:00:00.000Z",
        "http": HttpExchange(200, 1, 12.5, AT, AT),
        "decided_at": AT,
        "worker": "worker-1",
        "has_visitor_code": True,
        "possible_duplicate": False,
        "replay_of": None,
    }
    return AuditRecord(**fields | changes)


def assignment_marker(**changes: Any) -> AssignmentMarker:
    """The taking over of partition 0 of `segment-events` in epoch 1, but for the changes."""
    fields: dict[str, Any] = {
        "pipeline": "kameleoon-abcdefghij",
        "pass_": 1,
        "epoch": 1,
        "source": SourcePartition("segment-events", 0),
        "position": 0,
        "worker": "worker-1",
        "at": AT,
    }
    return AssignmentMarker(**fields | changes)
