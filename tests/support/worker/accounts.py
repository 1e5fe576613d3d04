"""The pipeline's promises held against what stands on the topics and what the sandbox has seen."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiokafka import ConsumerRecord

from pipeline.adapters.sandbox.memory import Received
from pipeline.core.audit import AuditRecord, OutcomeKind, SourcePartition
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_view import Fences

_REDIRECTS: Final = 300
_FAULTS_SHOWN: Final = 12

Place = tuple[int, int]
"""Partition and offset on the events topic."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An audit record that counts, and where it stands."""

    record: AuditRecord
    partition: int
    offset: int

    @property
    def place(self) -> Place:
        """Where the event stands that it tells of."""
        return self.record.source.partition, self.record.source.offset


@dataclass(frozen=True, slots=True)
class Account:
    """What the comparison found; `faults` is empty when every law holds."""

    outcomes: Counter[tuple[str, str]]
    flagged: set[str | None]
    sent_again: set[str]
    faults: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail with the first of the broken laws."""
        shown = "\n".join(self.faults[:_FAULTS_SHOWN])
        assert not self.faults, f"{len(self.faults)} breaches:\n{shown}"

    def check_clean(self) -> None:
        """The same, and no event may be suspected of having been sent twice."""
        self.check()
        assert (self.flagged, self.sent_again) == (set(), set())


class AuditBook:
    """A pipeline's outcomes that count, taken in as they come: what a later assignment voids does not.

    `epochs` are those of each partition's assignments, in the order of their markers.
    """

    def __init__(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._fences = Fences()
        self._told: Counter[tuple[int, Place]] = Counter()
        self._promised: dict[tuple[int, Place], int] = {}
        self.outcomes: list[Outcome] = []
        self.epochs: defaultdict[SourcePartition, list[int]] = defaultdict(list)
        self.void = 0

    def take(self, audit: Iterable[ConsumerRecord]) -> None:
        """Take in records of the audit topic, each partition's in their order."""
        for stands in audit:
            entry = decode_audit(stands.value)
            assert entry is not None, f"not an audit entry: {stands.value!r}"
            if entry.pipeline != self._pipeline:
                continue
            if not self._fences.admits(entry):
                self.void += 1
            elif isinstance(entry, AuditRecord):
                self._add(Outcome(entry, stands.partition, stands.offset))
            else:
                self.epochs[entry.source].append(entry.epoch)

    def _add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        read = (outcome.record.pass_, outcome.place)
        self._told[read] += 1
        self._promised[read] = outcome.record.parts

    @property
    def markers(self) -> int:
        """How many assignments there were."""
        return sum(map(len, self.epochs.values()))

    @property
    def complete(self) -> int:
        """How many records have all their outcomes; each pass counts."""
        return sum(self._told[read] >= promised for read, promised in self._promised.items())


def account(
    events: Sequence[ConsumerRecord],
    outcomes: Sequence[Outcome],
    received: Sequence[Received],
    *,
    passes: int = 1,
    is_strict: bool | None = None,
) -> Account:
    """Hold complete passes over `events` (all that was to be read) against audit and sandbox.

    Laws: in each pass a record has its parts once, as many as the newest promises, in its own
    partition, and no other record has any; what is said to be delivered was accepted as often; what
    arrived more often, and may have been taken, is marked as a possible duplicate; each visitor's
    events first arrive in the order of their partition, and, if strict (default: when there is no such
    mark), none arrives once more after its successor.
    """
    flagged = {item.record.message_id for item in outcomes if item.record.possible_duplicate}
    arrivals = _arrivals(received)
    sent_again, untrue = _deliveries(outcomes, arrivals, flagged)
    is_strict = (passes == 1 and not flagged) if is_strict is None else is_strict
    return Account(
        outcomes=Counter((item.record.outcome.value, item.record.reason) for item in outcomes),
        flagged=flagged,
        sent_again=sent_again,
        faults=[
            *_passes(events, outcomes, passes),
            *untrue,
            *_order(events, arrivals, is_strict=is_strict),
        ],
    )


def _passes(events: Sequence[ConsumerRecord], outcomes: Sequence[Outcome], passes: int) -> list[str]:
    """Each pass over each partition is complete; passes have names of their own in each partition."""
    by_pass: defaultdict[int, defaultdict[int, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        by_pass[outcome.record.source.partition][outcome.record.pass_].append(outcome)
    faults = []
    for partition in {event.partition for event in events} | set(by_pass):
        own = [event for event in events if event.partition == partition]
        found = by_pass[partition]
        if len(found) != passes:
            faults.append(f"partition {partition}: {len(found)} passes in place of {passes}")
        for single in found.values():
            faults += _completeness(own, single)
    return faults


def _completeness(events: Sequence[ConsumerRecord], outcomes: Sequence[Outcome]) -> list[str]:
    parts: defaultdict[Place, list[tuple[int, int]]] = defaultdict(list)
    faults = []
    for outcome in outcomes:
        parts[outcome.place].append((outcome.record.part, outcome.record.parts))
        if outcome.partition != outcome.record.source.partition:
            faults.append(f"audit of {outcome.place} stands in partition {outcome.partition}")
    for event in events:
        found = parts.pop((event.partition, event.offset), [])
        if not _is_whole(found):
            faults.append(f"record {event.partition}/{event.offset} has the parts {found}")
    faults += [f"{place} is audited and was not to be read: {found}" for place, found in parts.items()]
    return faults


def _is_whole(parts: Sequence[tuple[int, int]]) -> bool:
    """Whether these parts, in the order told, are as many as the newest one promises, each another."""
    numbers = {part for part, count in parts if 1 <= part <= count}
    return bool(parts) and len(numbers) == len(parts) == parts[-1][1]


@dataclass(frozen=True, slots=True)
class _Arrival:
    message_id: str
    visitor: str
    may_be_taken: bool
    is_accepted: bool


def _arrivals(received: Iterable[Received]) -> list[_Arrival]:
    """Each event of each request, in the order of their arrival."""
    found = []
    for request in received:
        body = json.loads(request.body)
        is_whole = request.fault == "none"
        is_accepted = is_whole and request.status is not None and request.status < _REDIRECTS
        may_be_taken = is_accepted or request.status is None
        for event in body if isinstance(body, list) else [body]:
            message_id, visitor = event.get("messageId", ""), event.get("anonymousId", "")
            found.append(_Arrival(message_id, visitor, may_be_taken, is_accepted))
    return found


def _deliveries(
    outcomes: Sequence[Outcome], arrivals: Sequence[_Arrival], flagged: set[str | None]
) -> tuple[set[str], list[str]]:
    delivered = Counter(
        item.record.message_id or "" for item in outcomes if item.record.outcome is OutcomeKind.DELIVERED
    )
    accepted = Counter(item.message_id for item in arrivals if item.is_accepted)
    taken = Counter(item.message_id for item in arrivals if item.may_be_taken)
    faults = [f"{one}: delivered, and never accepted" for one in delivered if accepted[one] < delivered[one]]
    sent_again = {one for one, count in taken.items() if count > delivered[one]}
    faults += [f"{one}: sent again without a mark" for one in sorted(sent_again) if one not in flagged]
    return sent_again, faults


def _order(events: Sequence[ConsumerRecord], arrivals: Sequence[_Arrival], *, is_strict: bool) -> list[str]:
    places = _places(events)
    newest: dict[tuple[str, int], int] = {}
    seen: set[str] = set()
    faults = []
    for arrival in arrivals:
        place = places.get(arrival.message_id)
        if place is None or (arrival.message_id in seen and not is_strict):
            continue
        seen.add(arrival.message_id)
        lane = (arrival.visitor, place[0])
        if place[1] < newest.get(lane, 0):
            faults.append(f"{arrival.message_id} of {arrival.visitor} arrived after a later event")
        newest[lane] = max(place[1], newest.get(lane, 0))
    return faults


def _places(events: Sequence[ConsumerRecord]) -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for event in events:
        try:
            message_id = json.loads(event.value)["messageId"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        places[message_id] = (event.partition, event.offset)
    return places
