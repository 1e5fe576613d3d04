"""The reason codes for people: what each means and what to do about it.

`docs/reasons.md` is generated from this; a test holds that no code is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.core.audit_record import OutcomeKind
from pipeline.core.outcome import Reason, Stage


@dataclass(frozen=True, slots=True)
class ReasonEntry:
    """One reason code: how and where an event ends with it, what it means, what to do."""

    outcome: OutcomeKind
    stage: Stage
    meaning: str
    advice: str


def _at_decode(meaning: str, advice: str) -> ReasonEntry:
    return ReasonEntry(OutcomeKind.REJECTED, Stage.DECODE, meaning, advice)


def _at_trigger(meaning: str, advice: str) -> ReasonEntry:
    return ReasonEntry(OutcomeKind.FILTERED, Stage.TRIGGER, meaning, advice)


def _at_validate(meaning: str, advice: str) -> ReasonEntry:
    return ReasonEntry(OutcomeKind.REJECTED, Stage.VALIDATE, meaning, advice)


_AT_TRIGGER: Final = {
    Reason.INTEGRATIONS_BLOCKED: _at_trigger(
        "The event's own `integrations` object keeps it from Kameleoon.",
        "Nothing, if its sender meant so. Else have the sender leave `integrations` out, "
        'or add `"Kameleoon (Actions)": true` to it.',
    ),
    Reason.NO_MAPPING_MATCHED: _at_trigger(
        "No enabled mapping's trigger takes the event.",
        "Nothing, if the event is not meant for Kameleoon. Else see with `explain` which condition of which "
        "trigger is false. Of a replay: its mapping's trigger does not take the event (any more).",
    ),
    Reason.MAPPING_UNKNOWN: ReasonEntry(
        OutcomeKind.REJECTED,
        Stage.TRIGGER,
        "The event was replayed under a mapping that the configuration does not have, or has disabled.",
        "Give the mapping its name back, or enable it, and `replay` the event again: it is on the "
        "dead-letter topic. Nothing, if the mapping was given up.",
    ),
    Reason.NO_MAPPING_LEFT: _at_trigger(
        "The mappings changed between a stop and a start, while the event had some of its outcomes: "
        "those stand, and the mappings that were still to take it are gone or take it no more.",
        "Nothing, if the change was meant for events on their way too.",
    ),
}

_AT_DECODE: Final = {
    Reason.NULL_RECORD: _at_decode(
        "The record has no value: a tombstone.",
        "Nothing, if the topic is compacted. Else look at the producer.",
    ),
    Reason.EMPTY_RECORD: _at_decode(
        "The record's value is empty, or white space only.",
        "Look at the producer: it sends records without an event.",
    ),
    Reason.INVALID_UTF8: _at_decode(
        "The bytes are not UTF-8 text.",
        "Have the producer write JSON in UTF-8, not compressed by itself and in no other encoding.",
    ),
    Reason.INVALID_JSON: _at_decode(
        "The text is not JSON; `NaN`, `Infinity` and a byte order mark are not JSON either.",
        "The detail tells line and column. Write one event a record.",
    ),
    Reason.NOT_AN_OBJECT: _at_decode(
        "The record is JSON, but a list, text, number, boolean or null.",
        "Write each event as a JSON object in a record of its own, encoded once.",
    ),
    Reason.MISSING_TYPE: _at_decode(
        "The event has no `type`.",
        "Segment's SDKs name the type in the address of the request: add it where the topic is filled.",
    ),
    Reason.UNKNOWN_TYPE: _at_decode(
        "`type` is none of track, page, identify, group, alias, screen and delete.",
        "Types are written in lower case. Keep records of other kinds off this topic.",
    ),
    Reason.SCHEMA_REGISTRY_FRAMING: _at_decode(
        "A Schema Registry serializer put five bytes before the event.",
        "Set `decode.framing: confluent`. Avro and Protobuf are not read.",
    ),
    Reason.FRAMING_MISSING: _at_decode(
        "The configuration says `decode.framing: confluent`, and the record has no such frame.",
        "Set `decode.framing: none`, or have every producer of the topic use the same serializer.",
    ),
    Reason.SDK_REQUEST: _at_decode(
        "The record is a whole request of a Segment SDK, with the events in its `batch`.",
        "Write each element of `batch` as a record of its own.",
    ),
    Reason.TOO_DEEP: _at_decode(
        "Objects and lists are nested more than 250 levels deep.",
        "Flatten the event where it is made. With a mapping's name: what that mapping makes is too deep.",
    ),
    Reason.NUMBER_TOO_LONG: _at_decode(
        "An integer has more than 4,300 digits.", "Send it as text, or leave it out."
    ),
}

_AFTER_TRIGGER: Final = {
    Reason.MAPPING_FAILED: ReasonEntry(
        OutcomeKind.REJECTED,
        Stage.MAP,
        "A directive of the mapping cannot work on this event.",
        "The detail names the directive. Make the mapping allow for such events, or narrow its trigger.",
    ),
    Reason.MISSING_TIMESTAMP: _at_validate(
        "The mapped event has no `timestamp`; Kameleoon's actions require one.",
        "Segment adds it on arrival; without Segment have the sender set it. "
        "A mapping may also take it from another field, such as `receivedAt`.",
    ),
    Reason.MISSING_MESSAGE_ID: _at_validate(
        "The mapped event has no `messageId`; the action requires one.",
        "Segment adds it on arrival; without Segment have the sender set it: an id that stays the same when "
        "the event is sent again.",
    ),
    Reason.INVALID_PAYLOAD: _at_validate(
        "The mapped fields break the action's rules, such as a timestamp that is no date, "
        "or properties that are no object.",
        "The detail names each field and what is wrong with it. Mend the sender, or map the field from "
        "elsewhere.",
    ),
    Reason.TOO_MANY_EVENT_NAMES: _at_validate(
        "The worker sent as many different event names as `delivery.max_event_names` allows, and this is one "
        "more; Kameleoon would make a goal of it.",
        "Look for a sender that puts numbers or ids into names, and narrow the trigger or map a constant "
        "name. Else raise the bound. Names sent before go on; a worker begins to count when it starts.",
    ),
}

_AT_DELIVER: Final = {
    Reason.ACCEPTED: ReasonEntry(
        OutcomeKind.DELIVERED, Stage.DELIVER, "Kameleoon answered with success.", "Nothing."
    ),
    Reason.REFUSED: ReasonEntry(
        OutcomeKind.FAILED,
        Stage.DELIVER,
        "Kameleoon refused the event; sending it again would not help.",
        "The record tells the HTTP status; if every event is refused, see endpoint, sitecode and key. "
        "The event is on the dead-letter topic, to be delivered again once the cause is mended.",
    ),
    Reason.REQUEST_TOO_LARGE: ReasonEntry(
        OutcomeKind.FAILED,
        Stage.DELIVER,
        "Kameleoon answered 413: the request is larger than it takes. Or, rejected at stage validate and "
        "never sent: it is larger than `delivery.max_request_bytes`.",
        "Have the mapping send less: name the properties that Kameleoon needs instead of all, and clear "
        "`context`. The event is on the dead-letter topic, to be delivered again once the mapping is mended.",
    ),
    Reason.RETRIES_EXHAUSTED: ReasonEntry(
        OutcomeKind.FAILED,
        Stage.DELIVER,
        "Every attempt that `delivery.max_attempts` allows failed, while other events were accepted.",
        "The event is on the dead-letter topic, to be delivered again once the cause is mended.",
    ),
    Reason.EXPIRED: ReasonEntry(
        OutcomeKind.EXPIRED,
        Stage.DELIVER,
        "The event was older than `delivery.expire_after` before it could be delivered.",
        "The event is on the dead-letter topic. Raise `delivery.expire_after` if late events still matter.",
    ),
}

_AT_SOURCE: Final = {
    Reason.REMOVED_BY_RETENTION: ReasonEntry(
        OutcomeKind.LOST,
        Stage.SOURCE,
        "The topic's retention removed the records before they were read: those from `source.offset` to "
        "`lost_through`.",
        "Nothing brings them back but their producer. Keep the topic longer than the longest stop or outage, "
        "and watch the lag.",
    ),
}

REASONS: Final[Mapping[Reason, ReasonEntry]] = {
    **_AT_DELIVER,
    **_AT_SOURCE,
    **_AT_TRIGGER,
    **_AT_DECODE,
    **_AFTER_TRIGGER,
}
"""Every reason code with its explanation."""
