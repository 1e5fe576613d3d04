"""What the audit says of events that were delivered or filtered, written without making its record.

Nearly all outcomes are these. The bytes are those of `encode(audit_record(...))`, in half of the
time (docs/adr/0010); a dead letter, a replay or what retention removed needs the record itself.
"""

from functools import lru_cache
from json.encoder import encode_basestring
from typing import Final

from pipeline.core.audit import AUDIT_SCHEMA, utc_text
from pipeline.core.outcome import Attempts, Delivered, EventSummary, Filtered, Outcome
from pipeline.core.published_text import utf8
from pipeline.engine.accounting import DELIVERED, Author, Labels, labels_of
from pipeline.engine.assignment import Assignment, Entry


def _begin(labels: Labels, detail: str) -> str:
    stage, kind, reason = labels
    told = f'"outcome":"{kind}","reason":"{reason}","stage":"{stage}","detail":{encode_basestring(detail)}'
    return f'{{"schema":"{AUDIT_SCHEMA}",{told},'


_DELIVERED: Final = _begin(DELIVERED, "")


class AuditLines:
    """Writes what one author says."""

    __slots__ = ("_assignment", "_author", "_source", "_worker")

    def __init__(self, author: Author) -> None:
        self._author = author
        self._worker = encode_basestring(author.worker)
        self._assignment: Assignment | None = None
        self._source = ""

    def line(self, entry: Entry, index: int, outcome: Outcome, decided_at_ms: int) -> bytes | None:
        """The entry about part `index` (from 0), as JSON in UTF-8; None where its record has to be made."""
        if entry.decided.replay_of is not None:
            return None
        match outcome:
            case Delivered(part, attempts, is_doubtful):
                begin, mapping, action = _DELIVERED, part.mapping, part.action
                http, code = _http(attempts), "true" if part.has_visitor_code else "false"
                doubt = "true" if is_doubtful else "false"
            case Filtered(_, detail, mapping, action):
                begin = _begin(labels_of(outcome), detail)
                http, code, doubt = "null", "null", "false"
            case _:
                return None
        record, summary = entry.record, entry.decided.summary
        line = (
            f"{begin}{_event(summary)}"
            f'"mapping":{_common(mapping)},"action":{_common(action)},'
            f'"part":{index + 1},"parts":{entry.parts},{self._source_of(entry.assignment)}{record.offset},'
            f'"timestamp_ms":{record.timestamp_ms}}},"event_timestamp":{_text(summary.timestamp)},"http":{http},'
            f'"decided_at":"{utc_text(decided_at_ms)}","worker":{self._worker},'
            f'"has_visitor_code":{code},"possible_duplicate":{doubt},"replay_of":null}}'
        )
        return utf8(line)

    def _source_of(self, assignment: Assignment) -> str:
        """What all lines of an assignment say: they come many in a row."""
        if assignment is not self._assignment:
            self._assignment = assignment
            self._source = _source(self._author, assignment)
        return self._source


def _source(author: Author, assignment: Assignment) -> str:
    topic, partition = assignment.partition
    reading = f'"pass":{assignment.pass_},"epoch":{assignment.epoch},"plan":{encode_basestring(author.plan)}'
    place = f'"topic":{encode_basestring(topic)},"partition":{partition},"offset":'
    return f'"pipeline":{encode_basestring(author.pipeline)},{reading},"source":{{{place}'


def _event(summary: EventSummary) -> str:
    name = _text(summary.event_name)
    return f'"message_id":{_text(summary.message_id)},"type":{_common(summary.type)},"event_name":{name},'


def _http(attempts: Attempts) -> str:
    first, last = utc_text(attempts.first_at_ms), utc_text(attempts.last_at_ms)
    return (
        f'{{"status":{"null" if attempts.status is None else attempts.status},"attempts":{attempts.count},'
        f'"latency_ms":{attempts.latency_ms},"first_attempt_at":"{first}","last_attempt_at":"{last}"}}'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


_common = lru_cache(maxsize=256)(_text)
"""Of texts that come again and again."""
