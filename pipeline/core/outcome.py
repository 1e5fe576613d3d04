"""The closed set of ends that an event can come to, and the reason codes.

Stages decide with values, never with exceptions: an exception is a bug.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.core.record import Position
from pipeline.core.value import value_class


class Stage(StrEnum):
    """The stages of the pipeline, in the order an event travels."""

    SOURCE = "source"
    DECODE = "decode"
    TRIGGER = "trigger"
    MAP = "map"
    VALIDATE = "validate"
    BATCH = "batch"
    DELIVER = "deliver"
    AUDIT = "audit"


class Reason(StrEnum):
    """Why an event ended as it did; `core/reasons.py` explains each for people."""

    ACCEPTED = "accepted"

    REMOVED_BY_RETENTION = "removed_by_retention"

    INTEGRATIONS_BLOCKED = "integrations_blocked"
    NO_MAPPING_MATCHED = "no_mapping_matched"
    NO_MAPPING_LEFT = "no_mapping_left"
    MAPPING_UNKNOWN = "mapping_unknown"

    NULL_RECORD = "null_record"
    EMPTY_RECORD = "empty_record"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_TYPE = "missing_type"
    UNKNOWN_TYPE = "unknown_type"
    SCHEMA_REGISTRY_FRAMING = "schema_registry_framing"
    FRAMING_MISSING = "framing_missing"
    SDK_REQUEST = "sdk_request"
    TOO_DEEP = "too_deep"
    NUMBER_TOO_LONG = "number_too_long"

    MAPPING_FAILED = "mapping_failed"

    MISSING_TIMESTAMP = "missing_timestamp"
    MISSING_MESSAGE_ID = "missing_message_id"
    INVALID_PAYLOAD = "invalid_payload"
    TOO_MANY_EVENT_NAMES = "too_many_event_names"

    REFUSED = "refused"
    REQUEST_TOO_LARGE = "request_too_large"
    RETRIES_EXHAUSTED = "retries_exhausted"
    EXPIRED = "expired"


@value_class
class Filtered:
    """Not meant for Kameleoon: no mapping asked for it, or its sender ruled it out."""

    reason: Reason
    detail: str
    mapping: str | None = None
    action: str | None = None


@value_class
class Rejected:
    """Cannot become a request. `detail` names fields and kinds, never values."""

    stage: Stage
    reason: Reason
    detail: str
    mapping: str | None = None
    action: str | None = None


@value_class
class Deliverable:
    """One request to make: `body` is the JSON object that Kameleoon is to receive, encoded.

    `event_name` is the name in it that Kameleoon makes a goal of.
    """

    mapping: str
    action: str
    body: bytes = field(repr=False)
    identities: tuple[str, ...] = field(repr=False)
    has_visitor_code: bool
    event_name: str | None = None


Decision = Filtered | Rejected | Deliverable
"""What the pure stages say of one event under one mapping."""


@value_class
class EventSummary:
    """What the audit tells of the event itself. No property values, no traits."""

    message_id: str | None
    type: str | None
    event_name: str | None
    timestamp: str | None


NO_SUMMARY = EventSummary(None, None, None, None)


@value_class
class Attempts:
    """What was tried so far for one request. Times are Unix milliseconds; `status` is the last answer's.

    `charged` counts the attempts that the event itself is to blame for. `refused_at` is how many
    requests had been started when this one was last refused, `throttled_at` the same of its last 429;
    None while it never was. `is_doubtful` says that an attempt before the last may have reached
    Kameleoon, `may_have_arrived` that any may have.
    """

    count: int
    charged: int
    status: int | None
    latency_ms: float
    first_at_ms: int
    last_at_ms: int
    is_doubtful: bool
    may_have_arrived: bool
    refused_at: int | None = None
    throttled_at: int | None = None


@value_class
class Delivered:
    """Kameleoon accepted it."""

    part: Deliverable
    attempts: Attempts
    possible_duplicate: bool


@value_class
class Failed:
    """Kameleoon refused it for good, or its attempts are used up."""

    part: Deliverable
    reason: Reason
    detail: str
    attempts: Attempts
    possible_duplicate: bool


@value_class
class Expired:
    """Older than the configuration allows before it could be delivered."""

    part: Deliverable
    detail: str
    attempts: Attempts | None
    possible_duplicate: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """Retention removed the records from offset `first` to `last` before they were read."""

    first: int
    last: int


Outcome = Filtered | Rejected | Delivered | Failed | Expired | Lost
"""How one event ends under one mapping, or under none."""


@value_class
class Decided:
    """One record after decode, trigger, map and validate.

    `parts` is one decision for an event that no mapping takes, else one per matching mapping, in the
    order of the configuration; it is empty only for what has no outcome here, such as another
    pipeline's replay. `replay_of` is where a replayed event first stood.
    """

    summary: EventSummary
    parts: tuple[Decision, ...]
    replay_of: Position | None = None
