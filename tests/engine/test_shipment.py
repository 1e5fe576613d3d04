"""What travels in one request, with its attempts."""

from pipeline.core.commit import Opening
from pipeline.core.outcome import NO_SUMMARY, Attempts, Decided, Deliverable
from pipeline.engine.assignment import Assignment, Entry
from pipeline.engine.shipment import Part, Shipment
from tests.support.clock import START_MS
from tests.support.engine import PARTITION, record


def part(offset: int) -> Part:
    deliverable = Deliverable("Tracks", "logEvent", b"{}", (), has_visitor_code=False)
    assignment = Assignment(PARTITION, Opening(0, 1, 1, 0, 0, 0), window=8)
    entry = Entry(
        assignment,
        record(offset, b"{}"),
        Decided(NO_SUMMARY, (deliverable,)),
        identities=(),
        inherited=False,
    )
    return Part(entry, 0, deliverable)


def attempts(count: int, *, may_have_arrived: bool) -> Attempts:
    return Attempts(
        count=count,
        charged=0,
        status=400,
        latency_ms=1.0,
        first_at_ms=START_MS,
        last_at_ms=START_MS,
        is_doubtful=False,
        may_have_arrived=may_have_arrived,
    )


def test_what_is_too_old_takes_its_own_attempts_along() -> None:
    """What follows in a halved array takes its place, with fewer attempts."""
    first, second = part(0), part(1)
    tried = attempts(2, may_have_arrived=True)
    shipment = Shipment([first], tried, rest=Shipment([second], attempts(1, may_have_arrived=False)))

    older = shipment.take_older(START_MS + 1)

    assert older.parts == [first]
    assert older.expired(first, "old").attempts is tried
    assert older.expired(first, "old").possible_duplicate
    assert (shipment.parts, shipment.tried) == ([second], 1)


def test_what_follows_and_was_given_back_does_not_take_the_place_of_what_is_too_old() -> None:
    first, second, third = part(0), part(1), part(2)
    follows = Shipment([second], attempts(1, may_have_arrived=False), rest=Shipment([third]))
    shipment = Shipment([first], attempts(2, may_have_arrived=False), rest=follows)
    second.entry.assignment.close()

    shipment.take_older(START_MS + 1)

    assert (shipment.parts, shipment.rest) == ([third], None)
